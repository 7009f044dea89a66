import Kernel
import Synchronization

/// PostgreSQL, asynchronously: a pool of connections for transactions and a shared lane for short reads.
///
/// Nothing here blocks a thread of the cooperative pool. Calls fail within their deadlines while PostgreSQL is away and
/// work again when it is back.
public final class Database: Queryable {
  /// What a listener hears.
  public enum Notification: Sendable, Hashable {
    /// Somebody notified the channel.
    case notification(payload: String)
    /// Listening has begun or begun again. What was notified before may have been missed: read the present state now.
    case gap
  }

  private let configuration: RelationalConfiguration
  private let loop: EventLoop
  private let pool: Pool
  private let counters: StatisticsCounters
  private let shared: SharedLane
  private let listener: Listener

  /// Opens a database; throws `.configuration` for a string that cannot be read and `.unavailable` when PostgreSQL does
  /// not answer within the acquire deadline.
  public static func open(_ configuration: RelationalConfiguration) async throws(RelationalError) -> Database {
    let database = try Database(configuration)
    do throws(RelationalError) {
      try await database.ping()
      return database
    } catch {
      await database.close()
      throw error
    }
  }

  private init(_ configuration: RelationalConfiguration) throws(RelationalError) {
    self.configuration = configuration
    loop = EventLoop.next()
    counters = StatisticsCounters()
    let options = try ConnectOptions(configuration)
    pool = Pool(configuration, options: options, loop: loop, counters: counters)
    shared = try SharedLane(configuration, loop: loop, counters: counters)
    listener = Listener(options: options, loop: loop, logger: configuration.logger)
  }

  /// Whoever forgot to close leaves no connections behind.
  deinit {
    Task { [listener, shared, pool] in
      await listener.close()
      await shared.close()
      await pool.close(within: .zero)
    }
  }

  /// The thread that receives answers, as an executor for the tasks that wait for them.
  ///
  /// `withTaskExecutorPreference(database.taskExecutor) { … }` around a request's handler saves a change of threads for
  /// every statement. Long computations do not belong there: they delay the answers of all.
  public var taskExecutor: any TaskExecutor { loop.taskExecutor }

  /// What has happened since the database was opened, and the pool's present state.
  public var statistics: Statistics {
    var statistics = counters.snapshot
    (statistics.leased, statistics.idle, statistics.waiting) = pool.occupancy
    return statistics
  }

  /// Sends one statement, committed by itself: on the shared lane or with a connection taken for it.
  public nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    switch call.lane {
    case .shared:
      return StatementResult(result: try await shared.perform(call), statement: call.name)
    case .leased:
      try refuseNestedLease()
      let connection = try await pool.acquire()
      let answer = await connection.run(
        Request(body: .statement(call), timeout: configuration.statementTimeout, label: call.name))
      await pool.release(connection)
      return StatementResult(result: try answer.get(), statement: call.name)
    }
  }

  /// Sends one look-up by key, on the shared lane together with concurrent ones of the same statement.
  public nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    switch lookUp.statement.lane {
    case .shared: try await shared.perform(lookUp)
    case .leased: try await performAlone(lookUp)
    }
  }

  /// Runs the body in a transaction: leaving it commits, throwing rolls back and throws the body's error.
  ///
  /// BEGIN travels with the first statement, so the cost is one round trip for each statement and one for COMMIT; a body
  /// without statements costs none. Lost serializations and deadlocks run the body again, three times in all. Cancelling
  /// rolls back; once COMMIT is under way its answer is awaited for a second, then `.outcomeUnknown` is thrown.
  @discardableResult
  public func withTransaction<T: Sendable>(
    isolation: Isolation = .readCommitted, readOnly: Bool = false,
    _ body: @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
    for attempt in 1... {
      let state = LeaseState(owner: ObjectIdentifier(self), prefix: [begin], needsReset: false)
      do {
        return try await withLease(state) { lease in
          try await self.runTransaction(lease, body)
        }
      } catch {
        guard state.lostSerialization, attempt < 3, !Task.isCancelled else { throw error }
        // Competitors that met once should not meet again at the same moment.
        try await Task.sleep(for: .milliseconds(Double.random(in: 1...10) * Double(attempt * attempt)))
      }
    }
    preconditionFailure("the loop above only ends by returning or throwing")
  }

  /// Runs the body with one connection kept for it, without a transaction around it.
  ///
  /// Afterwards settings, locks, listeners and temporary tables are dropped, which costs one round trip.
  @discardableResult
  public func withSession<T: Sendable>(_ body: @Sendable (Session) async throws -> T) async throws -> T {
    let state = LeaseState(owner: ObjectIdentifier(self), prefix: [], needsReset: true)
    return try await withLease(state) { lease in try await body(Session(lease: lease)) }
  }

  /// What is notified on a channel, from the first `.gap` on, over one connection for all channels.
  ///
  /// A lost connection is opened again, and `.gap` says so. Ending the iteration ends the listening. At most 1024
  /// notifications wait for a slow reader; the oldest are dropped then, so payloads should only say where to look.
  public func listen(_ channel: String) -> AsyncStream<Notification> { listener.listen(channel) }

  /// One round trip to the server and back; throws as `query` does.
  public func ping() async throws(RelationalError) { _ = try await query(Self.pingStatement) }

  private static let pingStatement = Statement<Int32>("relational.ping", "SELECT 1")

  /// Refuses new calls, waits five seconds at most for those under way, and closes everything.
  public func close() async {
    await listener.close()
    await shared.close()
    await pool.close(within: .seconds(5))
  }

  // MARK: Leases

  private func refuseNestedLease() throws(RelationalError) {
    let owner = ObjectIdentifier(self)
    if LeaseScope.held.contains(where: { $0.owner == owner && !$0.isOver }) {
      throw RelationalError(.nestedLease, "this task holds a connection already: use its transaction or session")
    }
  }

  private func withLease<T: Sendable>(
    _ state: LeaseState, _ body: (Lease) async throws -> T
  ) async throws -> T {
    try refuseNestedLease()
    let connection = try await pool.acquire()
    let lease = Lease(connection, state: state, statementTimeout: configuration.statementTimeout)
    let outcome: Result<T, any Error>
    do {
      outcome = .success(try await LeaseScope.$held.withValue(LeaseScope.held + [state]) { try await body(lease) })
    } catch {
      outcome = .failure(error)
    }
    state.end()
    await pool.release(connection, reset: state.needsReset)
    return try outcome.get()
  }

  private func runTransaction<T: Sendable>(
    _ lease: Lease, _ body: @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    // When the body throws, taking the connection back rolls back.
    let value = try await body(Transaction(lease: lease, depth: 0))
    if lease.state.isUntouched { return value }
    let answer = await lease.connection.run(
      Request(
        body: .command("COMMIT"), interruption: .commit, timeout: configuration.statementTimeout, lease: lease.state))
    if answer.failure?.code == .serialization { lease.state.noteSerializationFailure() }
    if try answer.get().commandTag != "COMMIT" {
      throw RelationalError(.rolledBack, "an error inside the transaction was ignored, so COMMIT rolled back")
    }
    return value
  }
}
