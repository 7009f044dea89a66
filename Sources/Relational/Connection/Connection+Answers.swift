import Kernel
import Synchronization

/// Taking answers and handing them to their callers.
extension Connection {
  func handle(_ part: Part, _ kind: PQResult.Kind, _ result: PQResult) {
    guard let request = current?.request else { return }
    if case .success = kind {
      if case .step = part { keep(result) }
    } else {
      note(part, kind, result, request)
    }
    // Scripts and COPY have no synchronization point: their end is the end of the exchange.
    if !request.isPipelined, current?.phase.isPrefixOnly == false {
      guard wire?.resumePipeline() ?? false else {
        return lose(RelationalError(.unavailable, "the connection was lost"))
      }
      completed()
    }
  }

  private func keep(_ result: PQResult) {
    current?.answer.result = result
    if case .steps? = current?.request.body { current?.answer.results.append(result) }
  }

  /// The first failure counts; what was aborted because of it has not happened.
  private func note(_ part: Part, _ kind: PQResult.Kind, _ result: PQResult, _ request: Request) {
    var failure: RelationalError?
    if kind != .aborted, current?.answer.failure == nil {
      var first = RelationalError(result, statement: request.label)
      if case .step(let index) = part { first.statement = request.label(of: index) }
      if case .prepare(let name) = part { first.statement = name }
      // Without an SQLSTATE it is libpq that speaks: the server has answered nothing.
      first.mayHaveTakenEffect = first.sqlState == nil && request.isDecisive
      current?.answer.failure = first
      failure = first
    }
    switch part {
    case .prepare(let name):
      prepared.forget(name)
    case .deallocate(let command):
      if failure?.isUnknownPlan ?? false { prepared.discardAll() } else { prepared.keep(command) }
    case .step(let index):
      guard let failure, failure.meansStalePlan, let call = request.call(index) else { return }
      // Somebody deallocated by hand, and perhaps more than this one.
      if failure.isUnknownPlan { prepared.discardAll() } else { prepared.discard(call.name) }
    case .prefix, .check:
      break
    }
  }

  /// Everything that was sent has been answered.
  func completed() {
    guard var exchange = current else { return }
    if case .barrier = exchange.phase {
      current = nil
      return act { $0.barrierAnswered(stopped: exchange.answer.failure?.sqlState == "57014") }
    }
    if interruption == nil, goesOn(&exchange) {
      current = exchange
      return send()
    }
    guard interruption == nil else {
      if exchange.phase.isPrefixOnly, exchange.answer.failure == nil {
        // The script itself will not be sent any more.
        current?.answer.failure = RelationalError(.deadline, "no answer in time", statement: exchange.request.label)
      }
      act { $0.answered(stopped: exchange.answer.failure?.sqlState == "57014") }
      // Unless the barrier is under way already.
      if current?.serial == exchange.serial { current = nil }
      return
    }
    current = nil
    publishCondition()
    deliver(exchange, exchange.answer)
  }

  /// Whether the exchange has a second part: a script after its prefix, or a statement whose plan was outdated.
  private func goesOn(_ exchange: inout Exchange) -> Bool {
    if case .prefixOnly = exchange.phase {
      guard exchange.answer.failure == nil else { return false }
      exchange.phase = .asked
      exchange.prefix = []
      return true
    }
    // A plan that the server had to throw away fails once; outside a transaction nothing is lost by asking again.
    guard case .statement = exchange.request.body, let failure = exchange.answer.failure, failure.meansStalePlan,
      !exchange.isRepetition, exchange.prefix.isEmpty, wire?.transactionStatus == .idle
    else { return false }
    exchange.isRepetition = true
    exchange.isSynced = false
    exchange.answer = Answer()
    return true
  }

  /// Resumes the caller; nothing may be done for it afterwards.
  func deliver(_ exchange: Exchange, _ answer: Answer) {
    if let deadline = exchange.deadline { loop.unschedule(deadline) }
    guard let caller = exchange.caller else { return }
    counters.answered(exchange, answer)
    caller.resume(returning: answer)
  }

  /// Publishes what the pool looks at when the connection comes back.
  func publishCondition() {
    let condition: Condition =
      if taint != nil { .useless } else if current?.request.isCopy == true || interruption != nil { .occupied } else {
        switch wire?.transactionStatus {
        case .idle: .clean
        case .inTransaction, .inError: .inTransaction
        default: .useless
        }
      }
    atomicCondition.store(condition, ordering: .releasing)
    guard condition != .occupied, !settling.isEmpty else { return }
    for continuation in settling { continuation.resume() }
    settling = []
  }

  /// The connection is lost: whoever waits hears what may have happened.
  func abandon(_ failure: RelationalError) {
    if interruption != nil { act { $0.lost() } }
    interruption = nil
    if let patience { loop.unschedule(patience) }
    patience = nil
    let exchange = current
    current = nil
    publishCondition()
    if let exchange { deliver(exchange, exchange.lost(failure)) }
    for one in waiting { one.caller.resume(returning: .unsent(failure)) }
    waiting = []
  }
}

extension Connection.Exchange {
  /// The answer when there will be none.
  fileprivate func lost(_ failure: RelationalError) -> Answer {
    var answer = self.answer
    let lost = failure
    var failure = answer.failure ?? lost
    if failure.sqlState == nil {
      // What libpq says by itself is about the loss, too, and often empty.
      let statement = failure.statement
      failure = lost
      failure.statement = statement
      if request.interruption.isCommit { failure = .outcomeUnknown(because: failure) }
      failure.mayHaveTakenEffect = request.isDecisive
    }
    failure.statement = failure.statement ?? request.label
    answer.failure = failure
    return answer
  }
}

extension Connection.Exchange.Phase {
  fileprivate var isPrefixOnly: Bool { if case .prefixOnly = self { true } else { false } }
}

extension InterruptionMachine.Manner {
  /// Whether the answer decides about a commit.
  var isCommit: Bool { self == .commit || self == .batch }
}

extension Request {
  fileprivate func call(_ step: Int) -> StatementCall? {
    switch body {
    case .statement(let call): call
    case .steps(let steps): if case .statement(let call) = steps[step] { call } else { nil }
    default: nil
    }
  }
}
