import Kernel
import Synchronization

/// One connection to PostgreSQL, lent to one user at a time.
///
/// An actor confined to its event loop. Requests are answered one after the other; each is one pipeline with a
/// synchronization point at its end, so BEGIN, savepoints, preparing and the statement share a round trip.
actor Connection: ReadinessHandler {
  /// Where a lease stands, readable without entering the actor.
  enum Condition: UInt8, AtomicRepresentable { case clean, inTransaction, useless }

  enum Part {
    case prefix
    case prepare
    case body
  }

  struct Exchange {
    let serial: Int
    let request: Request
    let continuation: CheckedContinuation<Answer, Never>
    var answer = Answer()
    /// Why the answer is not awaited any longer: cancellation or deadline.
    var reason: RelationalError?
    var timers: [LoopTimers.ID] = []
  }

  nonisolated let id: Int
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated var condition: Condition { atomicCondition.load(ordering: .acquiring) }
  nonisolated private let atomicCondition = Atomic(Condition.clean)
  /// The statement sent last in the present lease, to say who keeps the connections.
  nonisolated let lastStatement = Mutex<String?>(nil)

  private let counters: StatisticsCounters
  private let onEnd: @Sendable () -> Void
  private let onNotification: @Sendable (_ channel: String, _ payload: String) -> Void
  var wire: Wire<Part>?
  private var connecting: CheckedContinuation<RelationalError?, Never>?
  private var prepared = PreparedStatements()
  var current: Exchange?
  var serials = 0
  private var isBusy = false
  private var turns: [CheckedContinuation<Void, Never>] = []
  var copyDrained: CheckedContinuation<Void, Never>?
  /// After a cancel request the connection is not used again: a late one would hit the next statement.
  var taint: RelationalError?
  private var onLoss: (@Sendable () -> Void)?

  init(
    id: Int, loop: EventLoop, counters: StatisticsCounters, onEnd: @escaping @Sendable () -> Void,
    onNotification: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) {
    self.id = id
    self.loop = loop
    self.counters = counters
    self.onEnd = onEnd
    self.onNotification = onNotification
  }

  // MARK: Life

  /// Connects until the deadline. Failing leaves nothing behind.
  func connect(_ options: ConnectOptions, until deadline: Deadline) async throws(RelationalError) {
    if let taint { throw taint }
    let timer = loop.schedule(at: deadline) { [weak self] in
      self?.assumeIsolated {
        $0.connectEnded(RelationalError(.unavailable, "no answer from the server in time"))
      }
    }
    let failure = await withCheckedContinuation { continuation in
      connecting = continuation
      Task { await beginConnecting(options) }
    }
    loop.unschedule(timer)
    if let failure { throw failure }
  }

  /// Looking names up may take longer than anybody waits; the connection may have been given up meanwhile.
  private func beginConnecting(_ options: ConnectOptions) async {
    do throws(RelationalError) {
      let list = try await options.resolved()
      guard connecting != nil else { return }
      guard let wire = Wire<Part>(list, loop: loop, owner: self) else {
        throw RelationalError(.unavailable, "the connection could not be begun")
      }
      self.wire = wire
    } catch {
      connectEnded(error)
    }
  }

  private func connectEnded(_ failure: RelationalError?) {
    guard let continuation = connecting else { return }
    connecting = nil
    if let failure {
      _ = wire?.close()
      wire = nil
      taint = failure
    }
    continuation.resume(returning: failure)
  }

  /// Closes the socket; what is under way fails. A connection that has not been opened yet never will be.
  func close() {
    let failure = RelationalError(.closed, "the connection was closed")
    if wire == nil, connecting == nil { taint = taint ?? failure }
    lose(failure)
  }

  nonisolated func ready() { assumeIsolated { $0.receive() } }

  func receive() {
    guard let wire else { return }
    let alive = wire.receive { handle($0) }
    for (channel, payload) in wire.notifications() { onNotification(channel, payload) }
    if !alive {
      if connecting != nil { return connectEnded(RelationalError(.unavailable, wire.errorMessage)) }
      return lose(RelationalError(.unavailable, "the connection was lost"))
    }
    if !wire.hasUnsentBytes, let drained = copyDrained {
      copyDrained = nil
      drained.resume()
    }
  }

  /// Sending failed: whether or not the socket was known to be dead, the present request gets its answer.
  func loseCurrent() {
    let failure = RelationalError(.unavailable, "the connection was lost")
    lose(failure)
    finish(lostWith: failure)
  }

  /// The connection is of no use any more: whoever waits for it hears why, and the pool gets its slot back.
  func lose(_ failure: RelationalError) {
    if connecting != nil { return connectEnded(failure) }
    guard let wire else { return }
    let farewell = Farewell(wire.duplicateSocket(), loop: loop)
    _ = wire.close()
    self.wire = nil
    taint = taint ?? failure
    atomicCondition.store(.useless, ordering: .releasing)
    if current != nil { finish(lostWith: failure) }
    copyDrained?.resume()
    copyDrained = nil
    onLoss?()
    onLoss = nil
    farewell.wait(onEnd)
  }

  /// Calls back once when the connection is lost; at once when it is already.
  func watchLoss(_ action: @escaping @Sendable () -> Void) {
    if wire == nil { action() } else { onLoss = action }
  }

  func unwatchLoss() { onLoss = nil }

  // MARK: Requests

  /// Answers a request when its turn has come. Cancelling does what the request says.
  func run(_ request: Request) async -> Answer {
    await takeTurn()
    defer { passTurn() }
    return await runInTurn(request)
  }

  /// A script or COPY cannot share a pipeline, so what its lease has to send first goes ahead on its own.
  func runInTurn(_ request: Request) async -> Answer {
    if let taint { return .unsent(taint) }
    if case .ignore = request.interruption {} else if Task.isCancelled { return .unsent(.cancelled(request.label)) }
    let prefix = request.lease?.takePrefix() ?? []
    if !prefix.isEmpty, !request.isPipelined {
      let answer = await perform(request.replacingBody(.nothing), prefix: prefix)
      if answer.failure != nil { return answer }
      return await perform(request, prefix: [])
    }
    let answer = await perform(request, prefix: prefix)
    // A plan that the server had to throw away fails once; outside a transaction nothing is lost by asking again.
    guard case .statement(let call) = request.body, let failure = answer.failure, failure.meansStalePlan else {
      return answer
    }
    prepared.forget(call.name)
    guard prefix.isEmpty, taint == nil, wire?.transactionStatus == .idle else { return answer }
    return await perform(request, prefix: [])
  }

  /// First come, first served; a statement never overtakes another of its lease.
  func takeTurn() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withCheckedContinuation { turns.append($0) }
  }

  func passTurn() {
    if turns.isEmpty { isBusy = false } else { turns.removeFirst().resume() }
  }

  /// Sends and awaits one round trip; only one is under way at a time.
  private func perform(_ request: Request, prefix: [String]) async -> Answer {
    serials += 1
    let serial = serials
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        current = Exchange(serial: serial, request: request, continuation: continuation)
        guard send(request, prefix) else { return loseCurrent() }
        if let timeout = request.timeout {
          interrupt(serial, RelationalError(.deadline, "no answer in time", statement: request.label), after: timeout)
        }
      }
    } onCancel: {
      loop.execute { [weak self] in self?.assumeIsolated { $0.interrupt(serial, .cancelled(request.label)) } }
    }
  }

  /// Puts everything into libpq's buffer, then one synchronization point, which also flushes.
  private func send(_ request: Request, _ prefix: [String]) -> Bool {
    guard let wire else { return false }
    if case .nothing = request.body { counters.sent(nil) } else { counters.sent(request.label) }
    if let label = request.label { lastStatement.withLock { $0 = label } }
    if !request.isPipelined {
      switch request.body {
      case .script(let sql), .copy(let sql): return wire.simple(sql, .body)
      case .statement, .command, .nothing: return false
      }
    }
    for command in prefix { guard wire.command(command, .prefix) else { return false } }
    switch request.body {
    case .statement(let call):
      let (name, mustPrepare) = prepared.resolve(call)
      if mustPrepare, !wire.prepare(name, call.sql, types: call.parameters.types, .prepare) { return false }
      if !wire.execute(name, call.parameters, .body) { return false }
    case .command(let sql):
      if !wire.command(sql, .body) { return false }
    case .nothing:
      break
    case .script, .copy:
      return false
    }
    return wire.sync()
  }

  // MARK: Answers

  private func handle(_ event: Wire<Part>.Event) {
    switch event {
    case .connected: connectEnded(nil)
    case .answer(.finished(let part, let kind, let result)): handle(part, kind, result)
    case .answer(.synchronized): finish()
    case .answer(.copyReady): finish()
    case .answer(.outOfStep): lose(RelationalError(.unavailable, "the server answered what was not asked"))
    }
  }

  private func handle(_ part: Part, _ kind: PQResult.Kind, _ result: PQResult) {
    guard let request = current?.request else { return }
    switch kind {
    case .success:
      if case .body = part { current?.answer.result = result }
    case .failure, .sync, .copyIn:
      if current?.answer.failure == nil { current?.answer.failure = RelationalError(result, statement: request.label) }
      forgetUnprepared(request)
    case .aborted:
      forgetUnprepared(request)
    }
    // Scripts and COPY have no synchronization point: their end is the end of the exchange.
    if !request.isPipelined {
      guard wire?.resumePipeline() ?? false else {
        return lose(RelationalError(.unavailable, "the connection was lost"))
      }
      finish()
    }
  }

  /// What failed or was aborted may not have been prepared; preparing again is cheap.
  private func forgetUnprepared(_ request: Request) {
    if case .statement(let call) = request.body { prepared.forget(call.name) }
  }

  /// The exchange is answered completely.
  private func finish() {
    guard var exchange = current else { return }
    current = nil
    for timer in exchange.timers { loop.unschedule(timer) }
    if var reason = exchange.reason, exchange.answer.failure != nil {
      // Any other failure is the server's own answer and stands.
      if exchange.answer.failure?.sqlState == "57014" {
        reason.statement = exchange.request.label
        exchange.answer.failure = reason
      }
    }
    noteCondition()
    counters.answered(exchange.answer)
    exchange.continuation.resume(returning: exchange.answer)
  }

  private func finish(lostWith failure: RelationalError) {
    guard var exchange = current else { return }
    current = nil
    for timer in exchange.timers { loop.unschedule(timer) }
    var failure = exchange.reason ?? exchange.answer.failure ?? failure
    if case .commit = exchange.request.interruption, failure.code != .outcomeUnknown {
      failure = .outcomeUnknown(because: failure)
    }
    failure.statement = exchange.request.label
    exchange.answer.failure = failure
    counters.answered(exchange.answer)
    exchange.continuation.resume(returning: exchange.answer)
  }

  /// Publishes what the pool looks at when the connection comes back.
  private func noteCondition() {
    let isUsedUp = taint != nil || prepared.preparedCount > PreparedStatements.limit
    let condition: Condition =
      switch wire?.transactionStatus {
      case .idle where !isUsedUp: .clean
      case .inTransaction where taint == nil, .inError where taint == nil: .inTransaction
      default: .useless
      }
    atomicCondition.store(condition, ordering: .releasing)
  }
}
