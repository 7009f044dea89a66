public import Logging

/// How to reach PostgreSQL and how much of it to use.
public struct RelationalConfiguration: Sendable {
  /// A libpq connection string or URI; several hosts are tried in order.
  public var uri: String
  /// Connections for transactions and long statements, at most. Few backends are faster than many.
  public var poolSize: Int
  /// Pipelined connections of the shared lane, opened with its first statement.
  public var sharedConnections: Int
  /// How long a call waits for a connection before it fails.
  public var acquireTimeout: Duration
  /// How long a statement may take before it is cancelled on the server; `nil` for as long as it likes.
  public var statementTimeout: Duration?
  /// Whether statements are prepared under names; `.unnamedOnly` behind pgbouncer in transaction mode.
  ///
  /// Then the shared lane is not used, and nothing of a session lasts from one transaction to the next: no advisory locks,
  /// no listening, no settings by `withSession`.
  public var statementNaming = StatementNaming.named
  /// How many statements a connection keeps prepared on the server, at most.
  public var statementCacheLimit = 256
  /// What `pg_stat_activity` shows.
  public var applicationName: String
  /// Where lost connections and failed attempts to connect are logged. Values and passwords never are.
  public var logger: Logger

  /// A configuration; only the URI has no default.
  public init(
    uri: String, poolSize: Int = 8, acquireTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil,
    applicationName: String = "haiju", logger: Logger = Logger(label: "haiju.relational"), sharedConnections: Int = 2
  ) {
    self.uri = uri
    self.poolSize = max(1, poolSize)
    self.acquireTimeout = acquireTimeout
    self.statementTimeout = statementTimeout
    self.applicationName = applicationName
    self.logger = logger
    self.sharedConnections = max(1, sharedConnections)
  }

  var statementPolicy: PreparedStatements.Policy { .init(naming: statementNaming, limit: statementCacheLimit) }
}
