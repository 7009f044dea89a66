/// A look-up by key: SQL `SELECT key, … FROM … WHERE key = ANY ($1)`; the first column is the key, and at most one row
/// belongs to a key.
///
/// Concurrent look-ups of one statement on the shared lane travel as one. Rows find their askers by the key's binary
/// form, so SQL must not call different bytes equal: a column of type `citext`, `char(n)`, `numeric` or with a
/// nondeterministic collation is no key. A row whose key nobody asked for is noticed and makes the look-up fail.
public struct KeyedStatement<Key: SQLArrayElement & SQLValue & Hashable & Sendable, Row: RowDecodable>: Sendable {
  /// What does not depend on the row's type; one object for each constant of the catalogue.
  let statement: LookupStatement

  /// The name, unique in the program; shown in errors and statistics.
  public var name: String { statement.name }
  /// The way it takes when it is issued on a `Database`; inside a transaction or session it always travels there.
  public var lane: Lane { statement.lane }
  /// The text.
  public var sql: String { statement.sql }

  /// A look-up; `Row` decodes all columns, the key included.
  public init(_ name: String, lane: Lane = .shared, _ sql: String) {
    statement = LookupStatement(Statement(name, lane: lane, sql), keyType: Key.self)
  }
}

/// A keyed statement without the type of its rows.
final class LookupStatement: Sendable {
  typealias KeyType = any (SQLArrayElement & SQLValue & Sendable).Type

  let base: Statement<NoRow>
  let keyType: KeyType

  init(_ base: Statement<NoRow>, keyType: KeyType) {
    self.base = base
    self.keyType = keyType
  }

  var name: String { base.name }
  var lane: Lane { base.lane }
  var sql: String { base.sql }

  /// The statement for some keys: an array of one dimension without nulls.
  func call(for list: KeyList) -> StatementCall {
    let keys = list.keys
    var writer = SQLWriter()
    writer.bytes.reserveCapacity(20 + keys.reduce(1) { $0 + 4 + Int($1.count) })
    writer.write(Int32(keys.isEmpty ? 0 : 1))
    writer.write(Int32(0))
    writer.write(keyType.sqlType.oid)
    if !keys.isEmpty {
      writer.write(Int32(keys.count))
      writer.write(Int32(1))
      for key in keys { key.write(into: &writer.bytes) }
    }
    return StatementCall(base, parameters: Parameters(keyType.arrayType, writer))
  }

  /// For each key the number of its row, or what `LookupRow` says. The first column must be of the key's type.
  func rows(of keys: KeyList, in result: PQResult) throws(DecodingFailure) -> [Int32] {
    guard result.columnCount > 0 else { throw DecodingFailure(.missingColumn, column: 0) }
    let actual = result.columnType(0)
    guard keyType.accepts(actual) else {
      throw DecodingFailure(.type(expected: keyType.sqlType, actual: SQLType(oid: actual)), column: 0)
    }
    return keys.rows(count: result.rowCount) { result.firstValue(row: $0).map { LookupKey($0) } }
  }
}

/// One key to look up, ready to be sent.
public struct LookUp: Sendable {
  let statement: LookupStatement
  let key: LookupKey

  /// Encodes the key; throws `.encoding` for one that PostgreSQL cannot take. `nil` for null, which equals nothing.
  init?<Key, Row>(_ keyed: KeyedStatement<Key, Row>, _ key: Key) throws(RelationalError) {
    if key.isSQLNull { return nil }
    statement = keyed.statement
    self.key = try keyed.encoded(key)
  }
}

extension KeyedStatement {
  func encoded(_ key: Key) throws(RelationalError) -> LookupKey {
    do throws(EncodingFailure) {
      return try LookupKey(encoding: key)
    } catch {
      throw RelationalError(.encoding, error.description, statement: name, underlying: error)
    }
  }
}

/// What a look-up found, not yet decoded.
public struct FoundRow: Sendable {
  let result: PQResult
  let statement: String
  /// The row's number, or one of `LookupRow`.
  let row: Int32
}
