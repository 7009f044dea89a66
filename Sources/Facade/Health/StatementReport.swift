import Kernel
import Relational

/// What one named statement has cost since the program started. Times are microseconds.
public struct StatementCost: Sendable, Hashable, Codable {
  /// The statement's name in the catalogue.
  public let name: String
  /// How often it was sent; look-ups that travelled together count once.
  public let sent: Int
  /// How many keys were looked up, where it is a look-up by key.
  public let keys: Int
  /// How often it failed.
  public let errors: Int
  /// Rows returned or changed.
  public let rows: Int
  /// Bytes of the values that came back.
  public let bytes: Int
  /// All the time spent in waiting for its answers.
  public let total: Int64
  /// What half of the answers did not exceed.
  public let p50: Int64
  /// What 99 of 100 did not exceed.
  public let p99: Int64
  /// The longest.
  public let longest: Int64
  /// What PostgreSQL counted itself, for all programs; `nil` without `pg_stat_statements`.
  public let server: Server?

  /// PostgreSQL's own figures of a statement.
  public struct Server: Sendable, Hashable, Codable {
    /// How often it was executed since the server's figures were last reset.
    public let calls: Int64
    /// The mean time of an execution.
    public let mean: Int64
    /// Pages found in memory.
    public let pagesHit: Int64
    /// Pages read.
    public let pagesRead: Int64
  }

  init(_ name: String, _ figures: StatementFigures, _ server: ServerStatementFigures?) {
    self.name = name
    sent = figures.count
    keys = figures.shared.keys + figures.leased.keys
    errors = figures.errors
    rows = figures.rows
    bytes = figures.bytes
    let time = figures.time
    total = time.mean.inMicroseconds * Int64(time.count)
    p50 = time.p50.inMicroseconds
    p99 = time.p99.inMicroseconds
    longest = time.max.inMicroseconds
    self.server = server.map {
      Server(calls: $0.calls, mean: $0.meanTime.inMicroseconds, pagesHit: $0.blocksHit, pagesRead: $0.blocksRead)
    }
  }
}

/// The statements of the running program, those that took most time in all first.
public struct StatementReport: Sendable, Hashable, Codable {
  /// One entry for each statement that was sent.
  public let statements: [StatementCost]
  /// Waits for an answer of PostgreSQL since the program started.
  public let roundTrips: Int
  /// Connections in use, idle, and calls waiting for one.
  public let connections: Connections
  /// Whether PostgreSQL counts statements itself (`pg_stat_statements`).
  public let hasServerFigures: Bool

  /// The pool now, and what happened to connections since the program started.
  public struct Connections: Sendable, Hashable, Codable {
    /// In use now.
    public let leased: Int
    /// Idle now.
    public let idle: Int
    /// Calls that wait for one now.
    public let waiting: Int
    /// Opened so far.
    public let opened: Int
    /// Lost so far.
    public let lost: Int
    /// What 99 of 100 calls that had to wait for a connection did not exceed, in microseconds.
    public let waitP99: Int64
  }
}

extension Health {
  /// What each statement has cost, and PostgreSQL's own figures beside where it keeps them.
  ///
  /// For system administrators. Two round trips, and the server reads a file of all texts: for people, not for every
  /// minute.
  public func statements(as actor: Actor) async throws(HaijuError) -> StatementReport {
    try await core.read(.statementRead, as: actor) {
      let known = StatementCatalogue.all.map { ($0.name, $0.sql) }
      let server = try await core.database.serverStatementFigures(
        of: Dictionary(known, uniquingKeysWith: { first, _ in first }))
      let statistics = core.database.statistics
      let costs = statistics.byStatement.map { name, figures in StatementCost(name, figures, server?[name]) }
      return StatementReport(
        statements: costs.sorted { ($0.total, $1.name) > ($1.total, $0.name) }, roundTrips: statistics.roundTrips,
        connections: StatementReport.Connections(
          leased: statistics.leased, idle: statistics.idle, waiting: statistics.waiting,
          opened: statistics.connections.opened, lost: statistics.connections.lost,
          waitP99: statistics.connections.waits.p99.inMicroseconds), hasServerFigures: server != nil)
    }
  }
}
