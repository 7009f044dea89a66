import Kernel

/// Advisory locks, each over a connection of a small pool of their own: whoever holds one for long takes no connection
/// away from transactions, and their number on the server is bounded.
final class AdvisoryLocks: Sendable {
  private let pool: Pool
  private let hasSessions: Bool

  init(
    _ configuration: RelationalConfiguration, options: ConnectOptions, loop: EventLoop, counters: StatisticsCounters
  ) {
    hasSessions = configuration.statementNaming == .named
    pool = Pool(
      configuration, limit: configuration.advisoryLockConnections, options: options, loop: loop, counters: counters)
  }

  /// Connections in use.
  var count: Int { pool.occupancy.leased }

  func close(within patience: Duration) async { await pool.close(within: patience) }

  func withLock<T: Sendable>(
    _ key: AdvisoryLockKey, wait: Duration?, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    guard hasSessions else {
      throw RelationalError(.misuse, "an advisory lock needs a session of its own, which a transaction pooler has not")
    }
    let owner = ObjectIdentifier(self)
    // Two tasks that each hold one lock and want another would wait for the last connection for ever.
    if LeaseScope.held.contains(where: { $0.owner == owner && !$0.isOver }) {
      throw RelationalError(.nestedLease, "this task holds an advisory lock already")
    }
    let (lock, unlock) = (try key.lockCall(), try key.unlockCall())
    let deadline = wait.map { Deadline.after($0) }
    let connection = try await pool.acquire(patience: wait)
    // The limit travels in front of the lock, in the same round trip; 0 would mean none.
    let limit = deadline.map { max(1, $0.remaining.inMicroseconds / 1000) } ?? 0
    let steps: [Request.Step] = [.command("SET lock_timeout = \(limit)"), .statement(lock)]
    let state = LeaseState(owner: owner, begin: nil, needsReset: false)
    let answer = await connection.run(Request(body: .steps(steps), lease: state, label: lock.name))
    if let failure = answer.failure {
      // A lock that was granted after we had given up goes with the reset.
      await pool.release(connection, reset: true)
      throw failure.sqlState == "55P03"
        ? RelationalError(.lockTimeout, "the advisory lock stayed taken", sqlState: "55P03", statement: lock.name)
        : failure
    }
    let outcome = await Self.hold(connection, state, body)
    state.end()
    let unlocked = await connection.run(
      Request(body: .statement(unlock), interruption: .mustFinish, timeout: .seconds(5), label: unlock.name))
    await pool.release(connection, reset: unlocked.failure != nil)
    let value = try outcome.get()
    if let failure = unlocked.failure { throw Self.lost(because: failure) }
    return value
  }

  /// Runs the body until it ends or the connection is lost, which cancels it.
  private static func hold<T: Sendable>(
    _ connection: Connection, _ state: LeaseState, _ body: @escaping @Sendable () async throws -> T
  ) async -> Result<T, any Error> {
    let (loss, end) = AsyncStream<Void>.makeStream()
    await connection.watchLoss { end.finish() }
    let outcome = await withTaskGroup(of: Result<T, any Error>?.self) { group in
      group.addTask {
        await LeaseScope.$held.withValue(LeaseScope.held + [state]) {
          do { return .success(try await body()) } catch { return .failure(error) }
        }
      }
      group.addTask {
        for await _ in loss {}
        // The stream ends for the cancelled, too: then the body was over first.
        return Task.isCancelled ? nil : .failure(lost(because: nil))
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? .failure(RelationalError.cancelled(nil))
    }
    await connection.unwatchLoss()
    return outcome
  }

  private static func lost(because cause: RelationalError?) -> RelationalError {
    RelationalError(
      .lockLost, "the connection that held the advisory lock was lost; somebody else may hold it now",
      underlying: cause)
  }
}

extension Database {
  /// Runs the body while this process, and no other task of any process, holds the lock.
  ///
  /// Two round trips, one before and one after the body. `wait` bounds how long others may keep the lock or the
  /// connections for locks (at least a millisecond; `nil` waits for the lock as long as it takes): `.lockTimeout`,
  /// `.acquireTimeout`. The lock lives on a connection of its own, of which there are `advisoryLockConnections`; the body
  /// may use the database as usual, but not take another lock: `.nestedLease`. When the connection is lost, the server
  /// frees the lock: the body is cancelled and `.lockLost` is thrown, also when the loss shows only at the end. A peer
  /// that vanished without a word is noticed within a minute. Behind a pooler of transactions it is refused: `.misuse`. Cancelling while waiting gives the wait up.
  @discardableResult
  public func withAdvisoryLock<T: Sendable>(
    _ key: AdvisoryLockKey, wait: Duration? = nil, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    try await locks.withLock(key, wait: wait, body)
  }
}
