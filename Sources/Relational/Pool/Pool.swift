import Kernel
import Logging
import Synchronization

/// Lends connections; `PoolMachine` decides, this carries out.
///
/// Asking for an idle connection takes one lock and does not suspend.
final class Pool: Sendable {
  private struct State {
    var machine: PoolMachine
    var connections: [Int: Connection] = [:]
    var waiters: [Int: CheckedContinuation<Connection, any Error>] = [:]
    var isTimerSet = false
    var isTidied = false
    var connectFailure: RelationalError?
  }
  private let state: Mutex<State>
  private let nextWaiter = Atomic<Int>(0)
  private let loop: EventLoop
  private let options: ConnectOptions
  private let counters: StatisticsCounters
  private let acquireTimeout: Duration
  private let statements: PreparedStatements.Policy
  private let tidyInterval: Duration?
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
        Request(body: .script(Self.resetScript), interruption: .mustFinish, timeout: .seconds(5)))
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

  private func perform(_ actions: [PoolMachine.Action]) {
    for action in actions {
      switch action {
      case .lend(let id, let waiter): lend(id, to: waiter)
      case .open(let id): open(id)
      case .close(let id):
        if let connection = state.withLock({ $0.connections[id] }) { Task { await connection.close() } }
      case .retry(let delay): retry(after: delay)
      case .fail(let waiter, let failure): fail(waiter, failure)
      }
    }
  }

  /// Resumes outside the lock, so that the waiter's task finds it free.
  private func lend(_ id: Int, to waiter: Int) {
    let (continuation, connection) = state.withLock { ($0.waiters.removeValue(forKey: waiter), $0.connections[id]) }
    guard let continuation, let connection else { return }
    continuation.resume(returning: connection)
  }

  /// Begins a connection that the machine has made a slot for.
  private func open(_ id: Int) {
    let connection = Connection(id: id, loop: loop, counters: counters, statements: statements) { [weak self] in
      self?.ended(id)
    }
    state.withLock { $0.connections[id] = connection }
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

  private func retry(after delay: Duration) {
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(delay)) { [weak self] in
        guard let self else { return }
        self.perform(self.state.withLock { $0.machine.retryDue() })
      }
    }
  }

  /// Tells a waiter why; while the server is away, with the reason of the last attempt.
  private func fail(_ waiter: Int, _ failure: PoolMachine.Failure) {
    let (continuation, cause) = state.withLock { ($0.waiters.removeValue(forKey: waiter), $0.connectFailure) }
    let error =
      switch failure {
      case .timeout: RelationalError(.acquireTimeout, "all connections are in use: \(holders())")
      case .tooManyWaiters: RelationalError(.acquireTimeout, "too many calls wait for a connection")
      case .cancelled: RelationalError.cancelled(nil)
      case .closed: RelationalError(.closed, "the database is closed")
      case .unavailable:
        RelationalError(.unavailable, cause?.message ?? "no connection could be opened in time", underlying: cause)
      }
    continuation?.resume(throwing: error)
  }

  /// Who keeps the connections: for the three longest leases the last statement's name and the lease's age.
  private func holders() -> String {
    let leases = state.withLock { state in
      state.machine.leases(at: .now).map { (state.connections[$0.connection], $0.age) }
    }
    let words = leases.prefix(3).map { connection, age in
      let statement = connection?.lastStatement.withLock { $0 } ?? "no statement yet"
      return "\(statement) for \(age.inMicroseconds / 1000) ms"
    }
    return words.joined(separator: ", ") + (leases.count > 3 ? " and \(leases.count - 3) more" : "")
  }

  private func cancel(_ waiter: Int) {
    perform(state.withLock { $0.machine.cancelled(waiter) })
  }

  /// For a waiter with less patience than the others, a timer of its own.
  private func giveUp(_ waiter: Int, after patience: Duration) {
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(patience)) { [weak self] in
        guard let self else { return }
        self.perform(self.state.withLock { $0.machine.gaveUp(waiter) })
      }
    }
  }

  /// Looks for connections that are too old or idle for too long, as long as there are any.
  private func tidyLater() {
    guard let tidyInterval else { return }
    let isFirst = state.withLock { state in
      defer { state.isTidied = true }
      return !state.isTidied
    }
    guard isFirst else { return }
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(tidyInterval)) { [weak self] in
        guard let self else { return }
        let (actions, goesOn) = self.state.withLock { state in
          state.isTidied = false
          return (state.machine.tidy(at: .now), state.machine.connectionCount > 0)
        }
        self.perform(actions)
        if goesOn { self.tidyLater() }
      }
    }
  }

  /// One timer for all waiters: the first in the queue has the first deadline.
  private func setTimer() {
    let deadline = state.withLock { state -> Deadline? in
      guard !state.isTimerSet, let deadline = state.machine.nextDeadline else { return nil }
      state.isTimerSet = true
      return deadline
    }
    guard let deadline else { return }
    loop.execute { [weak self, loop] in
      loop.schedule(at: deadline) { [weak self] in self?.expire() }
    }
  }

  private func expire() {
    perform(
      state.withLock { state in
        state.isTimerSet = false
        return state.machine.expire(at: .now)
      })
    setTimer()
  }
}
