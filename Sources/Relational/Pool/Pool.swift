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
    var connectFailure: RelationalError?
  }
  private let state: Mutex<State>
  private let nextWaiter = Atomic<Int>(0)
  private let loop: EventLoop
  private let options: ConnectOptions
  private let counters: StatisticsCounters
  private let acquireTimeout: Duration
  private let logger: Logger

  init(
    _ configuration: RelationalConfiguration, options: ConnectOptions, loop: EventLoop, counters: StatisticsCounters
  ) {
    state = Mutex(State(machine: PoolMachine(limit: configuration.poolSize)))
    self.loop = loop
    self.options = options
    self.counters = counters
    acquireTimeout = configuration.acquireTimeout
    logger = configuration.logger
  }

  var occupancy: (leased: Int, idle: Int, waiting: Int) {
    state.withLock { ($0.machine.leasedCount, $0.machine.idleCount, $0.machine.waiterCount) }
  }

  /// A connection, first come, first served. Cancelling gives the place in the queue up.
  func acquire() async throws(RelationalError) -> Connection {
    if Task.isCancelled { throw .cancelled(nil) }
    if let connection = state.withLock({ state in state.machine.takeIdle().flatMap { state.connections[$0] } }) {
      return connection
    }
    let deadline = Deadline.after(acquireTimeout)
    let waiter = nextWaiter.add(1, ordering: .relaxed).newValue
    do {
      return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          // Asking and leaving the continuation is one step, or a connection could be lent to nobody.
          let actions = state.withLock { state in
            state.waiters[waiter] = continuation
            return state.machine.requested(by: waiter, until: deadline)
          }
          perform(actions)
          setTimer()
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
  func release(_ connection: Connection, reset: Bool = false) async {
    if connection.condition == .inTransaction {
      _ = await connection.run(Request(body: .command("ROLLBACK"), interruption: .ignore, timeout: .seconds(5)))
    }
    if reset, connection.condition == .clean {
      let answer = await connection.run(
        Request(body: .script(Self.resetScript), interruption: .ignore, timeout: .seconds(5)))
      if answer.failure != nil { return discard(connection) }
    }
    guard connection.condition == .clean else { return discard(connection) }
    perform(state.withLock { $0.machine.released(connection.id) })
  }

  private static let resetScript = """
    CLOSE ALL; RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; \
    DISCARD SEQUENCES
    """

  private func discard(_ connection: Connection) {
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
    let connection = Connection(id: id, loop: loop, counters: counters) { [weak self] in self?.ended(id) }
    state.withLock { $0.connections[id] = connection }
    // Opening outlives the call that made it necessary: if that one gives up, the next one profits.
    Task(executorPreference: loop.taskExecutor) { await self.connect(connection) }
  }

  private func connect(_ connection: Connection) async {
    do throws(RelationalError) {
      try await connection.connect(options, until: .after(acquireTimeout))
      let actions = state.withLock { state in
        state.connectFailure = nil
        return state.machine.opened(connection.id)
      }
      perform(actions)
    } catch {
      openFailed(connection.id, error)
    }
  }

  private func openFailed(_ id: Int, _ failure: RelationalError) {
    logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(failure.message)"])
    perform(
      state.withLock { state in
        state.connections[id] = nil
        state.connectFailure = failure
        return state.machine.openFailed(id, spread: .random(in: 0...1))
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
      case .timeout: RelationalError(.acquireTimeout, "all connections are in use")
      case .tooManyWaiters: RelationalError(.acquireTimeout, "too many calls wait for a connection")
      case .cancelled: RelationalError.cancelled(nil)
      case .closed: RelationalError(.closed, "the database is closed")
      case .unavailable:
        RelationalError(.unavailable, cause?.message ?? "no connection could be opened in time", underlying: cause)
      }
    continuation?.resume(throwing: error)
  }

  private func cancel(_ waiter: Int) {
    perform(state.withLock { $0.machine.cancelled(waiter) })
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
