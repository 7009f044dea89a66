/// What the server itself counted for a statement, in all sessions of the present database since its last reset.
public struct ServerStatementFigures: Sendable, Equatable, RowDecodable {
  let text: String
  /// How often it was executed.
  public private(set) var calls: Int64
  /// Time spent in executing it.
  public private(set) var totalTime: Duration
  /// Rows returned or changed.
  public private(set) var rows: Int64
  /// Pages found in the server's memory.
  public private(set) var blocksHit: Int64
  /// Pages that had to be read.
  public private(set) var blocksRead: Int64

  /// The mean time of an execution.
  public var meanTime: Duration { calls == 0 ? .zero : totalTime / calls }

  /// Reads text, calls, milliseconds, rows, hits and reads.
  public init(row: inout RowReader) throws(DecodingFailure) {
    text = try row.next()
    calls = try row.next()
    let milliseconds: Double = try row.next()
    totalTime = .microseconds(milliseconds * 1000)
    rows = try row.next()
    blocksHit = try row.next()
    blocksRead = try row.next()
  }

  fileprivate mutating func add(_ other: ServerStatementFigures) {
    calls += other.calls
    totalTime += other.totalTime
    rows += other.rows
    blocksHit += other.blocksHit
    blocksRead += other.blocksRead
  }
}

extension Database {
  /// The server's own figures by statement name, from `pg_stat_statements`; `nil` where that is not installed.
  ///
  /// Statements are recognized by their text, so those that differ only in constants share their figures, and those that
  /// the server has not executed are missing. By default the statements that this database has sent are looked for, and
  /// otherwise those of `texts` (SQL by name). Two round trips, and the server reads a file of all texts: for people, not
  /// for every minute. Throws as `query` does.
  public func serverStatementFigures(
    of texts: [String: String]? = nil
  ) async throws(RelationalError) -> [String: ServerStatementFigures]? {
    guard try await first(ServerFigures.isInstalled) == true else { return nil }
    let rows: [ServerStatementFigures]
    do throws(RelationalError) {
      rows = try await query(ServerFigures.all)
    } catch {
      // The extension is there, but the server has not loaded its library.
      if error.sqlState == "55000" { return nil }
      throw error
    }
    var bySkeleton: [String: ServerStatementFigures] = [:]
    // The server counts every role and every caller apart.
    for row in rows {
      let skeleton = StatementText.skeleton(row.text)
      if bySkeleton[skeleton]?.add(row) == nil { bySkeleton[skeleton] = row }
    }
    return (texts ?? counters.texts).compactMapValues { bySkeleton[StatementText.skeleton($0)] }
  }
}

private enum ServerFigures {
  static let isInstalled = Statement<Bool>(
    "relational.serverFiguresInstalled", "SELECT to_regclass('pg_stat_statements') IS NOT NULL")

  static let all = Statement<ServerStatementFigures>(
    "relational.serverFigures",
    """
    SELECT query, calls, total_exec_time, rows, shared_blks_hit, shared_blks_read
      FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query IS NOT NULL
    """)
}
