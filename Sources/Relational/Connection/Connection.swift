import Kernel
import Synchronization

/// One connection to PostgreSQL, lent to one user at a time.
///
/// An actor confined to its event loop. Requests are answered one after the other; each is one pipeline with a
/// synchronization point at its end, so BEGIN, savepoints, preparing and the statements share a round trip. Whoever is on
/// the loop already enters without a change of executors.
actor Connection: ReadinessHandler {
  /// Where a lease stands, readable without entering the actor.
  enum Condition: UInt8, AtomicRepresentable {
    case clean, inTransaction, useless
    /// A COPY is open, or an interrupted request has not come to its end; see `settle`.
    case occupied
  }

  enum Part {
    case prefix
    case deallocate(String)
    case prepare(String)
    case check
    case step(Int)
  }

  nonisolated let id: Int
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated var condition: Condition { atomicCondition.load(ordering: .acquiring) }
  nonisolated let atomicCondition = Atomic(Condition.clean)
  nonisolated let serials = Atomic<Int>(0)
  /// The statement sent last in the present lease, to say who keeps the connections.
  nonisolated let lastStatement = Mutex<String?>(nil)

  let counters: StatisticsCounters
  private let onEnd: @Sendable () -> Void
  private let onNotification: @Sendable (_ channel: String, _ payload: String) -> Void
  var wire: Wire<Part>?
  private var connecting: CheckedContinuation<RelationalError?, Never>?
  private var events: [Wire<Part>.Event] = []
  var prepared: PreparedStatements
  /// The request under way; during a COPY, all the time from its beginning to its end.
  var current: Exchange?
  /// Those whose turn has not come: first come, first served, so a statement never overtakes another of its lease.
  var waiting: [Waiting] = []
  /// From an interruption until the connection may be used again.
  var interruption: InterruptionMachine?
  var patience: LoopTimers.ID?
  var settling: [CheckedContinuation<Void, Never>] = []
  /// Why the connection is of no use any more.
  var taint: RelationalError?
  private var onLoss: (@Sendable () -> Void)?

  init(
    id: Int, loop: EventLoop, counters: StatisticsCounters, statements: PreparedStatements.Policy = .init(),
    onEnd: @escaping @Sendable () -> Void,
    onNotification: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) {
    self.id = id
    self.loop = loop
    self.counters = counters
    prepared = PreparedStatements(statements)
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
    guard let script = options.firstScript else { return }
    let first = Request(body: .script(script), interruption: .mustFinish, timeout: deadline.remaining)
    if let failure = await run(first).failure {
      lose(failure)
      throw failure
    }
  }

  /// Looking names up may take longer than anybody waits; the connection may have been given up meanwhile.
  private func beginConnecting(_ options: ConnectOptions) async {
    do throws(RelationalError) {
      let plan = try await options.plan()
      guard connecting != nil else { return }
      let wire = try Wire<Part>(plan, loop: loop, owner: self)
      self.wire = wire
    } catch {
      connectEnded(error)
    }
  }

  private func connectEnded(_ failure: RelationalError?) {
    guard let continuation = connecting else { return }
    connecting = nil
    if failure == nil { counters.note { $0.opened += 1 } }
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

  /// Takes what has arrived, and only then does what follows from it: libpq must not be asked for more meanwhile.
  func receive() {
    guard let wire else { return }
    let alive = wire.receive { events.append($0) }
    let arrived = events
    events.removeAll(keepingCapacity: true)
    for event in arrived { handle(event) }
    for (channel, payload) in wire.notifications() { onNotification(channel, payload) }
    if !alive {
      if connecting != nil { return connectEnded(RelationalError(.unavailable, wire.errorMessage)) }
      return lose(RelationalError(.unavailable, "the connection was lost"))
    }
    moveOn()
  }

  private func handle(_ event: Wire<Part>.Event) {
    switch event {
    case .connected: connectEnded(nil)
    case .answer(.finished(let part, let kind, let result)): handle(part, kind, result)
    case .answer(.synchronized): completed()
    case .answer(.copyReady): copyBegan()
    case .answer(.outOfStep): lose(RelationalError(.unavailable, "the server answered what was not asked"))
    }
  }

  /// The connection is of no use any more: whoever waits for it hears why, and the pool gets its slot back.
  func lose(_ failure: RelationalError) {
    if connecting != nil { return connectEnded(failure) }
    guard let wire else { return }
    if failure.code != .closed { counters.note { $0.lost += 1 } }
    let farewell = Farewell(wire.duplicateSocket(), loop: loop)
    _ = wire.close()
    self.wire = nil
    taint = taint ?? failure
    atomicCondition.store(.useless, ordering: .releasing)
    abandon(failure)
    onLoss?()
    onLoss = nil
    farewell.wait(onEnd)
  }

  /// Calls back once when the connection is lost; at once when it is already.
  func watchLoss(_ action: @escaping @Sendable () -> Void) {
    if wire == nil { action() } else { onLoss = action }
  }

  func unwatchLoss() { onLoss = nil }
}
