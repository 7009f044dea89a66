/// Whether statements are prepared on the server under names.
public enum StatementNaming: Sendable {
  /// Each statement once per connection, under its name: planned once, and the fastest.
  case named
  /// Each time anew, without a name, and no settings of the session: for pgbouncer in transaction mode, where
  /// consecutive transactions of one connection meet different servers.
  case unnamedOnly
}

/// Which statements a connection has prepared, and under which name on the server; at most `limit`.
///
/// The one used longest ago makes room for a new one; a `DEALLOCATE` for it travels in front of the next that is prepared,
/// since libpq 15 has no message for closing a statement.
struct PreparedStatements {
  private final class Entry {
    let sql: String
    let types: [UInt32]
    let serverName: String
    var lastUse: Int
    init(sql: String, types: [UInt32], serverName: String, lastUse: Int) {
      (self.sql, self.types, self.serverName, self.lastUse) = (sql, types, serverName, lastUse)
    }
  }
  /// What the configuration says.
  struct Policy: Sendable {
    var naming = StatementNaming.named
    var limit = 256
  }
  private let policy: Policy
  private var entries: [String: Entry] = [:]
  private var generation = 0
  private var uses = 0
  /// What to send for statements that the server still has and nobody will use.
  private var deallocations: [String] = []

  init(_ policy: Policy = Policy()) { self.policy = policy }

  var hasDeallocations: Bool { !deallocations.isEmpty }

  /// The server's name of a statement, and whether it has to be prepared first.
  ///
  /// Another text or other parameter types under the same name are another statement.
  mutating func resolve(_ call: StatementCall) -> (name: String, mustPrepare: Bool) {
    guard case .named = policy.naming else { return ("", true) }
    uses += 1
    if let entry = entries[call.name], entry.types == call.parameters.types, entry.sql == call.sql {
      entry.lastUse = uses
      return (entry.serverName, false)
    }
    discard(call.name)
    if entries.count >= max(1, policy.limit), let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      discard(oldest.key)
    }
    generation += 1
    let serverName = "\(call.name)#\(generation)"
    entries[call.name] = Entry(sql: call.sql, types: call.parameters.types, serverName: serverName, lastUse: uses)
    return (serverName, true)
  }

  /// Commands to send before the next statement is prepared; put back with `keep` what was not carried out.
  mutating func takeDeallocations() -> [String] {
    defer { deallocations = [] }
    return deallocations
  }

  mutating func keep(_ deallocation: String) { deallocations.append(deallocation) }

  /// The server does not have the statement: preparing failed or was aborted, or it says so.
  mutating func forget(_ name: String) { entries[name] = nil }

  /// The server has the statement, but its plan has become useless.
  mutating func discard(_ name: String) {
    if let entry = entries.removeValue(forKey: name) { deallocations.append("DEALLOCATE \(quoted(entry.serverName))") }
  }

  /// Nobody knows which of them the server still has.
  mutating func discardAll() {
    entries = [:]
    deallocations = ["DEALLOCATE ALL"]
  }
}
