import Kernel
import Logging
import Synchronization

/// Lends connections; `PoolMachine` decides, this carries out.
///
/// Asking for an idle connection takes one lock and does not suspend.
final class Pool: Sendable {
  struct State {
    var machine: PoolMachine
    /// Those that the machine knows, as soon as they are begun.
    var connections: [Int: Connection] = [:]
    var waiters: [Int: CheckedContinuation<Connection, any Error>] = [:]
    var isTimerSet = false
    var isTidied = false
    var connectFailure: RelationalError?
  }
  let state: Mutex<State>
  private let nextWaiter = Atomic<Int>(0)
  let loop: EventLoop
  private let options: ConnectOptions
  private let counters: StatisticsCounters
  let acquireTimeout: Duration
  private let statements: PreparedStatements.Policy
  let tidyInterval: Duration?
  private let logger: Logger

  /// At most `limit` connections, the configured pool size unless said otherwise.
  init(
    _ configuration: RelationalConfiguration, limit: Int? = nil, options: ConnectOptions, loop: EventLoop,
    counters: StatisticsCounters
  ) {
    let limits = PoolMachine.Limits(
      connections: max(1, limit ?? configuration.poolSize), waiters: max(1, configuration.waiterLimit),
      lifetime: configuration.maxLifetime, idleTime: configuration.idleTimeout,
      idleMinimum: configuration.idleMinimum, connectFailures: configuration.connectFailureLimit)
    state = Mutex(State(machine: PoolMachine(limits)))
    self.loop = loop
    self.options = options
    self.counters = counters
    acquireTimeout = configuration.acquireTimeout
    statements = configuration.statementPolicy
    // Often enough to be late by a quarter at most.
    tidyInterval = [limits.lifetime, limits.idleTime].compactMap(\.self).min()
      .map { max(.milliseconds(10), min(.seconds(15), $0 / 4)) }
    logger = configuration.logger
  }

  var occupancy: (leased: Int, idle: Int, waiting: Int) {
    state.withLock { ($0.machine.leasedCount, $0.machine.idleCount, $0.machine.waiterCount) }
  }

  /// A connection, first come, first served, waiting as long as configured.
  ///
  /// With `patience`, only for so long while others keep all connections. Cancelling gives the place in the queue up.
  func acquire(patience: Duration? = nil) async throws(RelationalError) -> Connection {
    if Task.isCancelled { throw .cancelled(nil) }
    let now = ContinuousClock.now
    let taken = state.withLock { state in state.machine.takeIdle(at: now).flatMap { state.connections[$0] } }
    if let taken { return taken }
    let begin = MonotonicClock.now
    defer { counters.waited(since: begin) }
    let deadline = Deadline(now + acquireTimeout)
    let waiter = nextWaiter.add(1, ordering: .relaxed).newValue
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          // Asking and leaving the continuation is one step, or a connection could be lent to nobody.
          let actions = state.withLock { state in
            state.waiters[waiter] = continuation
            return state.machine.requested(by: waiter, until: deadline, at: now)
          }
          perform(actions)
          setTimer()
          if let patience, patience < acquireTimeout { giveUp(waiter, after: patience) }
          // A cancellation that came before this point found nobody waiting.
          if Task.isCancelled { cancel(waiter) }
        }
      } onCancel: {
        cancel(waiter)
      }
    } catch let error as RelationalError {
      throw error
    } catch {
      throw RelationalError(.server, "unexpected failure of the pool", underlying: error)
    }
  }

  /// Takes a connection back: a transaction left open is rolled back, a useless connection is closed.
  ///
  /// With `reset`, settings, locks, listeners and temporary tables of the session are dropped, too (one round trip).
  ///
  /// An interrupted request is brought to its end first. Nobody waits for that; the connection counts as leased meanwhile.
  func release(_ connection: Connection, reset: Bool = false) async {
    guard connection.condition == .occupied || Task.isCancelled else { return await takeBack(connection, reset: reset) }
    Task(executorPreference: loop.taskExecutor) {
      await connection.settle()
      await self.takeBack(connection, reset: reset)
    }
  }

  private func takeBack(_ connection: Connection, reset: Bool) async {
    if connection.condition == .inTransaction {
      _ = await connection.run(Request(body: .command("ROLLBACK"), interruption: .mustFinish, timeout: .seconds(5)))
    }
    if reset, connection.condition == .clean {
      let answer = await connection.run(
        Request(
          body: .script([Self.resetScript, options.firstScript ?? ""].joined(separator: "; ")),
          interruption: .mustFinish, timeout: .seconds(5)))
      if answer.failure != nil { return discard(connection) }
    }
    guard connection.condition == .clean else { return discard(connection) }
    connection.lastStatement.withLock { $0 = nil }
    perform(state.withLock { $0.machine.released(connection.id, at: .now) })
  }

  private static let resetScript = """
    CLOSE ALL; RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; \
    DISCARD SEQUENCES; DO $$ DECLARE statement text; BEGIN \
    FOR statement IN SELECT name FROM pg_prepared_statements WHERE from_sql \
    LOOP EXECUTE format('DEALLOCATE %I', statement); END LOOP; END $$
    """

  func discard(_ connection: Connection) {
    perform(state.withLock { $0.machine.discarded(connection.id) })
  }

  /// Refuses new leases, waits a bounded time for those in use, then closes what is left.
  func close(within patience: Duration) async {
    perform(state.withLock { $0.machine.shutDown() })
    let deadline = Deadline.after(patience)
    while state.withLock({ $0.machine.connectionCount }) > 0 && !deadline.hasPassed {
      // A cancelled closer stops waiting and goes on to close by force.
      do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
    }
    for connection in state.withLock({ Array($0.connections.values) }) { await connection.close() }
  }

  // MARK: Carrying out

  func perform(_ actions: [PoolMachine.Action]) {
    for action in actions {
      switch action {
      case .lend(let id, let waiter): lend(id, to: waiter)
      case .open(let id): open(id)
      case .close(let id):
        let (connection, isShuttingDown) = state.withLock { ($0.connections[id], $0.machine.isClosed) }
        if !isShuttingDown { counters.note { $0.retired += 1 } }
        if let connection { Task { await connection.close() } }
      case .retry(let delay): retry(after: delay)
      case .fail(let waiter, let failure): fail(waiter, failure)
      }
    }
  }

  /// Resumes outside the lock, so that the waiter's task finds it free.
  private func lend(_ id: Int, to waiter: Int) {
    let (continuation, connection) = state.withLock { ($0.waiters.removeValue(forKey: waiter), $0.connections[id]) }
    guard let continuation else { return }
    if let connection { return continuation.resume(returning: connection) }
    // It was lost in this very moment; whoever was to have it waits once more.
    perform(
      state.withLock { state in
        state.waiters[waiter] = continuation
        return state.machine.requested(by: waiter, until: .after(acquireTimeout), at: .now)
      })
    setTimer()
  }

  /// Begins a connection that the machine has made a slot for.
  private func open(_ id: Int) {
    let connection = Connection(id: id, loop: loop, counters: counters, statements: statements) { [weak self] in
      self?.ended(id)
    }
    let isWanted = state.withLock { state in
      guard state.machine.isOpening(id) else { return false }
      state.connections[id] = connection
      return true
    }
    // The pool may have been closed since the machine decided.
    guard isWanted else { return ended(id) }
    // Opening outlives the call that made it necessary: if that one gives up, the next one profits.
    Task(executorPreference: loop.taskExecutor) { await self.connect(connection) }
    tidyLater()
  }

  private func connect(_ connection: Connection) async {
    let deadline = Deadline.after(acquireTimeout)
    do throws(RelationalError) {
      try await connection.connect(options, until: deadline)
      let actions = state.withLock { state in
        state.connectFailure = nil
        return state.machine.opened(connection.id, at: .now, spread: .random(in: 0...1))
      }
      perform(actions)
    } catch {
      openFailed(connection.id, error, silent: deadline.hasPassed)
    }
  }

  private func openFailed(_ id: Int, _ failure: RelationalError, silent: Bool) {
    if failure.code != .closed {
      logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(failure.message)"])
    }
    perform(
      state.withLock { state in
        state.connections[id] = nil
        state.connectFailure = failure
        return state.machine.openFailed(id, silent: silent, spread: .random(in: 0...1))
      })
  }

  /// The socket is closed; only now may another connection take the slot.
  private func ended(_ id: Int) {
    perform(
      state.withLock { state in
        state.connections[id] = nil
        return state.machine.ended(id)
      })
  }
}
