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
  /// How long a statement of the shared lane may take before the server stops it. Short, because those sent after it
  /// over the same connection wait for it.
  public var sharedStatementTimeout: Duration = .seconds(1)
  /// How many calls may wait on the shared lane or be under way there; more fail at once with `.overloaded`.
  public var laneQueueLimit: Int = 10_000
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
}
