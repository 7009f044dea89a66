import Kernel
import Synchronization

/// Taking requests and sending them.
extension Connection {
  /// Answers a request when its turn has come. Cancelling does what the request says.
  nonisolated func run(_ request: Request) async -> Answer {
    let serial = serials.add(1, ordering: .relaxed).newValue
    return await converse(serial) { $0.submit(Waiting(serial: serial, request: request, caller: .continuation($1))) }
  }

  /// Asks now and lets somebody wait later; what the lease is asked to do afterwards comes behind it.
  nonisolated func begin(_ request: Request) -> PendingAnswer {
    let pending = PendingAnswer(self, serial: serials.add(1, ordering: .relaxed).newValue)
    let prefix = request.lease?.takePrefix()
    let waiting = Waiting(serial: pending.serial, request: request, caller: .pending(pending), prefix: prefix)
    enter { $0.submit(waiting) }
    return pending
  }

  /// Hands a continuation to the connection; cancelling the task interrupts what `serial` stands for.
  nonisolated func converse(
    _ serial: Int, _ begin: @escaping @Sendable (isolated Connection, CheckedContinuation<Answer, Never>) -> Void
  ) async -> Answer {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enter { begin($0, continuation) }
        // A cancellation that came before this point found nothing to interrupt.
        if Task.isCancelled { cancel(serial) }
      }
    } onCancel: {
      cancel(serial)
    }
  }

  /// At once when this is the loop's thread, else in the order of coming.
  private nonisolated func enter(_ action: @escaping @Sendable (isolated Connection) -> Void) {
    if loop.isCurrent { return assumeIsolated { action($0) } }
    loop.execute { self.assumeIsolated { action($0) } }
  }

  nonisolated func cancel(_ serial: Int) {
    loop.execute { [weak self] in self?.assumeIsolated { $0.cancelled(serial) } }
  }

  /// Nothing is under way and nothing has to be waited for.
  private var isFree: Bool { current == nil && interruption == nil }

  func submit(_ new: Waiting) {
    guard isFree, waiting.isEmpty else { return waiting.append(new) }
    start(new)
  }

  /// What became possible by what has arrived: more to send, the next step of a COPY, the next request.
  func moveOn() {
    continueSending()
    continueCopy()
    while isFree, !waiting.isEmpty { start(waiting.removeFirst()) }
  }

  private func start(_ next: Waiting) {
    if let taint { return next.caller.resume(returning: .unsent(taint)) }
    if let lease = next.request.lease, lease.refuses(next.request) {
      let failure = RelationalError(.closed, "the transaction or session is over", statement: next.request.label)
      return next.caller.resume(returning: .unsent(failure))
    }
    var exchange = Exchange(serial: next.serial, request: next.request, caller: next.caller)
    exchange.prefix = next.prefix ?? next.request.lease?.takePrefix() ?? []
    exchange.noticesBefore = wire?.noticeCount ?? 0
    if case .script = next.request.body, !exchange.prefix.isEmpty { exchange.phase = .prefixOnly }
    if let timeout = next.request.timeout {
      exchange.deadline = loop.schedule(at: .after(timeout)) { [weak self] in
        self?.assumeIsolated { $0.interrupt(next.serial, by: .deadline) }
      }
    }
    current = exchange
    send()
  }

  /// Sends the present request from its beginning.
  func send() {
    guard let exchange = current else { return }
    let request = exchange.request
    count(request)
    let isSent =
      switch (exchange.phase, request.body) {
      case (.prefixOnly, _): sendPrefix(exchange.prefix) && wire?.sync() ?? false
      case (_, .script(let sql)): wire?.simple(sql, .step(0)) ?? false
      // A COPY is text of our own, so what its lease has to send first can stand before it.
      case (_, .copyIn(let sql)), (_, .copyOut(let sql, _)):
        wire?.simple((exchange.prefix + [sql]).joined(separator: "; "), .step(0)) ?? false
      case (_, .statement), (_, .command), (_, .steps): sendPrefix(exchange.prefix) && sendSteps(request)
      }
    if !isSent { lose(RelationalError(.unavailable, "the connection was lost")) }
  }

  private func count(_ request: Request) {
    if let label = request.label { lastStatement.withLock { $0 = label } }
    counters.roundTrip()
    current?.sentAt = MonotonicClock.now
    current?.meter = counters.sent(request)
  }

  private func sendPrefix(_ prefix: [String]) -> Bool {
    prefix.allSatisfy { wire?.command($0, .prefix) ?? false }
  }

  /// Goes on with a long request as soon as the socket has taken what was written before.
  private func continueSending() {
    guard let exchange = current, case .asked = exchange.phase, exchange.request.isPipelined, !exchange.isSynced,
      let wire, !wire.hasUnsentBytes
    else { return }
    if !sendSteps(exchange.request) { lose(RelationalError(.unavailable, "the connection was lost")) }
  }

  /// Sends steps as long as the socket takes them, then one synchronization point, which also flushes.
  ///
  /// libpq would keep any amount in its memory; what it already holds has to leave first.
  private func sendSteps(_ request: Request) -> Bool {
    guard let wire else { return false }
    switch request.body {
    case .statement(let call): guard send(.statement(call), 0, wire) else { return false }
    case .command(let sql): guard wire.command(sql, .step(0)) else { return false }
    case .steps(let steps):
      var unsent = 0
      while let next = current?.nextStep, next < steps.count, current?.answer.failure == nil {
        guard send(steps[next], next, wire) else { return false }
        current?.nextStep = next + 1
        unsent += steps[next].size
        guard unsent > 65_536 else { continue }
        unsent = 0
        guard wire.flush() else { return false }
        if wire.hasUnsentBytes { return true }
      }
    case .script, .copyIn, .copyOut: return false
    }
    current?.isSynced = true
    return wire.sync()
  }

  private func send(_ step: Request.Step, _ index: Int, _ wire: Wire<Part>) -> Bool {
    switch step {
    case .command(let sql): return wire.command(sql, .step(index))
    case .direct(let sql, let parameters): return wire.direct(sql, parameters, .step(index))
    case .describe(let sql): return wire.prepare("", sql, types: [], .check) && wire.describe("", .step(index))
    case .statement(let call):
      let (name, mustPrepare) = prepared.resolve(call)
      if mustPrepare {
        if prepared.hasDeallocations {
          for command in prepared.takeDeallocations() {
            guard wire.command(command, .deallocate(command)) else { return false }
          }
        }
        guard wire.prepare(name, call.sql, types: call.parameters.types, .prepare(call.name)) else { return false }
      }
      return wire.execute(name, call.parameters, .step(index))
    }
  }
}

extension Request.Step {
  /// About how many bytes it sends.
  fileprivate var size: Int {
    switch self {
    case .statement(let call): call.parameters.byteCount + 64
    case .direct(let sql, let parameters): sql.utf8.count + parameters.byteCount
    case .command(let sql), .describe(let sql): sql.utf8.count
    }
  }
}
