import Relational
import Synchronization

/// The statements of an action, in the order in which they are issued.
///
/// A write waits for the next read of the action, or for the commit, and travels with it: an action costs one round trip
/// for each thing that it must know before it goes on, and one in which the last writes, the mark and COMMIT go together.
/// The failure of a write is the failure of the action, wherever it shows.
final class ActionStatements: Sendable {
  private let transaction: Transaction
  private let waiting = Mutex(Batch())

  init(_ transaction: Transaction) { self.transaction = transaction }

  /// Issues a statement whose rows nobody needs.
  func write<Row>(_ statement: Statement<Row>, _ values: [any SQLEncodable]) {
    waiting.withLock { _ = $0.add(statement, with: values) }
  }

  /// Issues a statement and awaits its rows, after all that was written before.
  func read<Row>(_ statement: Statement<Row>, _ values: [any SQLEncodable]) async throws -> [Row] {
    var batch = take()
    let reply = batch.add(statement, with: values)
    return try await transaction.perform(batch)[reply]
  }

  /// Looks one key up, after all that was written before.
  func find<Key, Row>(_ statement: KeyedStatement<Key, Row>, _ key: Key) async throws -> Row? {
    let written = take()
    if written.count > 0 { _ = try await transaction.perform(written) }
    return try await transaction.find(statement, key)
  }

  /// Commits, and gives the mark of the commit.
  func commit() async throws -> UInt64? {
    var batch = take()
    let mark = batch.add(Self.mark)
    return try await transaction.finish(batch)[mark].first
  }

  private func take() -> Batch {
    waiting.withLock { waiting in
      defer { waiting = Batch() }
      return waiting
    }
  }

  /// The id of the running transaction, which becomes the commit mark.
  static let mark = Statement<UInt64>("action.mark", "SELECT pg_current_xact_id()")
  static let all: [any CataloguedStatement] = [mark]
}

extension Action {
  /// Issues a statement that changes something and returns nothing; no round trip of its own.
  func write<Row>(_ statement: Statement<Row>, _ values: any SQLEncodable...) { statements.write(statement, values) }

  /// All rows of a statement; one round trip, which takes along what was written before.
  func query<Row>(_ statement: Statement<Row>, _ values: any SQLEncodable...) async throws -> [Row] {
    try await statements.read(statement, values)
  }

  /// The first row, `nil` when there is none; one round trip, which takes along what was written before.
  func first<Row>(_ statement: Statement<Row>, _ values: any SQLEncodable...) async throws -> Row? {
    try await statements.read(statement, values).first
  }

  /// The row of a key, `nil` when there is none; a round trip for what was written before, and one of its own.
  func find<Key, Row>(_ statement: KeyedStatement<Key, Row>, _ key: Key) async throws -> Row? {
    try await statements.find(statement, key)
  }
}
