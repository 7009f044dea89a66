import Kernel

/// How strictly a transaction is kept apart from others.
public enum Isolation: String, Sendable {
  /// Each statement sees what was committed before it began.
  case readCommitted = "READ COMMITTED"
  /// All statements see what was committed before the first one began.
  case repeatableRead = "REPEATABLE READ"
  /// As if transactions ran one after the other; may fail and is then run again.
  case serializable = "SERIALIZABLE"
}

/// An open transaction, valid inside the body that received it.
///
/// It has no `commit`: leaving the body commits, throwing rolls back. Its statements run one after the other, also when
/// several child tasks issue them.
public struct Transaction: Queryable {
  let lease: Lease
  let depth: Int

  /// Sends one statement within the transaction; the first one brings BEGIN along.
  public nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    try lease.state.check(depth: depth)
    return try await lease.perform(call)
  }

  /// Runs the body so that throwing undoes only what the body did.
  ///
  /// A savepoint; no round trips of its own. While the body runs, only the value that it receives may be used.
  @discardableResult
  public func savepoint<T: Sendable>(
    _ body: @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    try lease.state.check(depth: depth)
    let name = lease.state.beginSavepoint()
    do {
      let value = try await body(Transaction(lease: lease, depth: depth + 1))
      lease.state.endSavepoint(name, keep: true)
      return value
    } catch {
      lease.state.endSavepoint(name, keep: false)
      throw error
    }
  }

  /// Runs SQL text by the simple protocol; for migrations only, since nothing is bound and nothing is returned.
  ///
  /// One round trip, one more when it is the first of the transaction. The text must not end the transaction: `.misuse`.
  public func script(_ sql: String) async throws(RelationalError) {
    try lease.state.check(depth: depth)
    try await lease.script(sql)
    if lease.connection.condition != .inTransaction {
      throw RelationalError(.misuse, "the script ended the transaction it ran in")
    }
  }
}

/// One connection kept for a while, without a transaction around its statements: for advisory locks and settings.
///
/// What it leaves behind (settings, locks, listeners, temporary tables, open transactions) is dropped afterwards.
public struct Session: Queryable {
  let lease: Lease

  /// Sends one statement, committed by itself.
  public nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    try lease.state.check(depth: 0)
    return try await lease.perform(call)
  }

  /// Runs SQL text by the simple protocol; several statements are one transaction unless they say otherwise.
  public func script(_ sql: String) async throws(RelationalError) {
    try lease.state.check(depth: 0)
    try await lease.script(sql)
  }
}
