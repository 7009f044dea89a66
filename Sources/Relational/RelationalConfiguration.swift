public import Logging

/// How to reach PostgreSQL and how much of it to use.
public struct RelationalConfiguration: Sendable {
  /// A libpq connection string or URI. Of several hosts, and of a host's several addresses, each is tried in order until
  /// one answers as `target_session_attrs` wants; a silent one is left after `connect_timeout`, by default two seconds.
  public var uri: String
  /// Connections for transactions and long statements, at most. Few backends are faster than many.
  public var poolSize: Int
  /// Pipelined connections of the shared lane, opened with its first statement.
  /// Several, so that the server works for some while the loop handles the answers of others.
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
  /// Whether statements are prepared under names; `.unnamedOnly` behind pgbouncer in transaction mode.
  ///
  /// Then the shared lane is not used, and nothing of a session lasts from one transaction to the next: no advisory locks,
  /// no listening, no settings by `withSession`.
  public var statementNaming = StatementNaming.named
  /// How many statements a connection keeps prepared on the server, at most.
  public var statementCacheLimit = 256
  /// How many calls may wait for a connection at once; further ones fail at once with `.acquireTimeout`.
  public var waiterLimit = 10_000
  /// How old a connection of the pool may become before it is replaced, give or take a tenth; `nil` for any age.
  public var maxLifetime: Duration? = .seconds(1800)
  /// How long connections may stay idle beyond `idleMinimum`; `nil` for ever.
  public var idleTimeout: Duration? = .seconds(600)
  /// How many idle connections are kept although nobody needs them.
  public var idleMinimum = 1
  /// Attempts to connect that may fail in a row before calls are refused at once instead of waiting. One attempt at a
  /// time goes on after pauses of 50 ms to 2 s, so calls work again at most two seconds after PostgreSQL does.
  public var connectFailureLimit = 3
  /// URIs of streaming replicas of the same cluster, one server each and no pooler between; see `Database.reading`.
  public var replicas: [String] = []
  /// Connections for advisory locks, at most: each lock that is held or waited for needs one.
  public var advisoryLockConnections = 2
  /// Who hears of every statement, for traces; `nil` for nobody.
  public var tracer: (any RelationalTracer)?
  /// How host names become addresses; tests bring their own.
  var resolver = NameResolver.system
  /// What `pg_stat_activity` shows.
  public var applicationName: String
  /// Where lost connections and failed attempts to connect are logged. Values and passwords never are.
  public var logger: Logger

  /// How often a connection that only listens asks whether the server is still there; twice that finds a silent loss.
  public var listenKeepAlive: Duration = .seconds(20)

  /// A configuration; only the URI has no default.
  public init(
    uri: String, poolSize: Int = 8, acquireTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil,
    applicationName: String = "haiju", logger: Logger = Logger(label: "haiju.relational"), sharedConnections: Int = 4
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
