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

  let configuration: RelationalConfiguration
  private let loop: EventLoop
  let pool: Pool
  let counters: StatisticsCounters
  private let shared: SharedLane
  private let listener: Listener
  let locks: AdvisoryLocks
  let replicas: Replicas

  /// Opens a database; throws `.configuration` for a string that cannot be read and `.unavailable` when PostgreSQL does
  /// not answer within the acquire deadline.
  public static func open(_ configuration: RelationalConfiguration) async throws(RelationalError) -> Database {
    let database = try Database(configuration)
    do throws(RelationalError) {
      try await database.awaitServer(until: .after(configuration.acquireTimeout))
      return database
    } catch {
      await database.close()
      throw error
    }
  }

  /// A server that is just being started is worth a few attempts.
  private func awaitServer(until deadline: Deadline) async throws(RelationalError) {
    while true {
      do throws(RelationalError) {
        return try await ping()
      } catch {
        let pause = Duration.milliseconds(50)
        guard error.code == .unavailable, deadline.remaining > pause else { throw error }
        do { try await Task.sleep(for: pause) } catch { throw .cancelled(nil) }
      }
    }
  }

  private init(_ configuration: RelationalConfiguration) throws(RelationalError) {
    self.configuration = configuration
    loop = EventLoop.next()
    counters = StatisticsCounters()
    let options = try ConnectOptions(configuration)
    pool = Pool(configuration, options: options, loop: loop, counters: counters)
    shared = try SharedLane(configuration, loop: loop, counters: counters)
    locks = AdvisoryLocks(configuration, options: options, loop: loop, counters: counters)
    replicas = try Replicas(configuration, loop: loop, counters: counters)
    listener = Listener(
      options: options, loop: loop, keepAlive: configuration.listenKeepAlive, logger: configuration.logger)
  }

  /// Whoever forgot to close leaves no connections behind.
  deinit {
    Task { [listener, shared, replicas, locks, pool] in
      await listener.close()
      await shared.close()
      await replicas.close()
      await locks.close(within: .zero)
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
    statistics.lockConnections = locks.count
    return statistics
  }

  /// Sends one statement, committed by itself: on the shared lane or with a connection taken for it.
  ///
  /// Without named statements nothing travels on the shared lane: its guards are settings of the session.
  public nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    guard let tracer = configuration.tracer else { return try await send(call) }
    return try await tracer.traced(call.name, call.lane, rows: \.affectedRows) { () async throws(RelationalError) in
      try await send(call)
    }
  }

  private nonisolated(nonsending) func send(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    switch (call.lane, configuration.statementNaming) {
    case (.shared, .named):
      return StatementResult(result: try await shared.perform(call), statement: call.name)
    case (.leased, _), (.shared, .unnamedOnly):
      try refuseNestedLease()
      let connection = try await pool.acquire()
      let answer = await connection.run(
        Request(body: .statement(call), timeout: configuration.statementTimeout, label: call.name))
      await pool.release(connection, reset: call.leavesTraces)
      return StatementResult(result: try answer.get(), statement: call.name)
    }
  }

  /// Sends one look-up by key, on the shared lane together with concurrent ones of the same statement.
  public nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    // One that travels by itself is heard of as the statement that it is.
    let isShared = lookUp.statement.lane == .shared && configuration.statementNaming == .named
    guard isShared else { return try await performAlone(lookUp) }
    guard let tracer = configuration.tracer else { return try await shared.perform(lookUp) }
    let count = { (found: FoundRow) in found.row < 0 ? 0 : 1 }
    return try await tracer.traced(lookUp.statement.name, .shared, rows: count) { () async throws(RelationalError) in
      try await shared.perform(lookUp)
    }
  }

  /// What is notified on a channel, from the first `.gap` on, over one connection for all channels.
  ///
  /// Nothing is lost silently: a lost connection is opened again and `.gap` says so, and a reader that leaves more than
  /// 1024 different notifications waiting finds one `.gap` in their place. A notification equal to one that waits is not
  /// added to it. A connection whose other end has vanished is found within two `listenKeepAlive`. Not through pgbouncer
  /// in transaction mode, where LISTEN has no session to live in. Ending the iteration ends the listening.
  public func listen(_ channel: Channel) -> Notifications { listener.listen(channel) }

  /// One round trip to the server and back; throws as `query` does.
  public func ping() async throws(RelationalError) { _ = try await query(Self.pingStatement) }

  private static let pingStatement = Statement<Int32>("relational.ping", "SELECT 1")

  /// Refuses new calls, waits five seconds at most for those under way, and closes everything.
  ///
  /// What is under way after that fails with `.closed`; a COMMIT with `.outcomeUnknown`. Closing again is harmless.
  public func close() async {
    async let listening: Void = listener.close()
    async let locking: Void = locks.close(within: .seconds(5))
    await shared.close()
    await replicas.close()
    await pool.close(within: .seconds(5))
    _ = await (listening, locking)
  }
}
