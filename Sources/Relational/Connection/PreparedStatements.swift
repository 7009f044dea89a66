/// Which statements a connection has prepared, and under which name on the server.
struct PreparedStatements {
  private struct Entry {
    let sql: String
    let types: [UInt32]
    let serverName: String
  }
  private var entries: [String: Entry] = [:]
  private var generation = 0

  /// A connection with more than this is replaced when its lease is over, so that the server's memory is bounded.
  static let limit = 1000

  /// Prepared ever, forgotten ones included, since the server still has them.
  private(set) var preparedCount = 0

  /// The server's name of a statement, and whether it has to be prepared first.
  ///
  /// Another text or other parameter types under the same name are another statement.
  mutating func resolve(_ call: StatementCall) -> (name: String, mustPrepare: Bool) {
    if let entry = entries[call.name], entry.types == call.parameters.types, entry.sql == call.sql {
      return (entry.serverName, false)
    }
    generation += 1
    preparedCount += 1
    let serverName = "\(call.name)#\(generation)"
    entries[call.name] = Entry(sql: call.sql, types: call.parameters.types, serverName: serverName)
    return (serverName, true)
  }

  /// Prepare again next time: preparing failed, or the server's plan has become useless.
  mutating func forget(_ name: String) { entries[name] = nil }
}
