extension Queryable {
  /// The row of a key, `nil` when there is none.
  ///
  /// On a `Database` concurrent look-ups of the same statement travel as one, and each caller decodes its own row: one
  /// round trip, shared; the answer is never older than the call. On a transaction or session one round trip of its own.
  /// Throws as `query` does, `.overloaded` when too many wait for the shared lane, and `.decoding` when the key has
  /// several rows. Cancelling drops the answer; on the leased lane it stops the statement on the server.
  public nonisolated(nonsending) func find<Key, Row>(
    _ statement: KeyedStatement<Key, Row>, _ key: Key
  ) async throws(RelationalError) -> Row? {
    guard let lookUp = try LookUp(statement, key) else { return nil }
    return try await perform(lookUp).decoded()
  }

  /// The row of a key that must have one; throws `.notFound` otherwise. Cost, errors and cancelling as for `find`.
  public nonisolated(nonsending) func require<Key, Row>(
    _ statement: KeyedStatement<Key, Row>, _ key: Key
  ) async throws(RelationalError) -> Row {
    guard let row = try await find(statement, key) else {
      throw RelationalError(.notFound, "there is no row with this key", statement: statement.name)
    }
    return row
  }

  /// The rows of many keys; a key without a row is missing in the answer.
  ///
  /// One round trip for each 1 000 keys, one after the other. Throws and cancels as `query` does, and `.decoding` when a
  /// key has several rows.
  public nonisolated(nonsending) func find<Key, Row>(
    _ statement: KeyedStatement<Key, Row>, all keys: [Key]
  ) async throws(RelationalError) -> [Key: Row] {
    var found: [Key: Row] = [:]
    var rest = Set(keys.lazy.filter { !$0.isSQLNull })[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(1000))
      rest = rest.dropFirst(1000)
      let result = try await perform(StatementCall(statement.asStatement, [part]))
      for index in 0..<result.result.rowCount {
        let key: Key = try result.key(ofRow: index)
        if found.updateValue(try result.row(index), forKey: key) != nil { throw .severalRows(statement.name) }
      }
    }
    return found
  }

  /// Sends the look-up as a statement of its own.
  public nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow { try await performAlone(lookUp) }

  nonisolated(nonsending) func performAlone(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    var key = KeyList()
    _ = key.place(of: lookUp.key)
    let answer = try await perform(lookUp.statement.call(for: key))
    do throws(DecodingFailure) {
      let row = try lookUp.statement.rows(of: key, in: answer.result)[0]
      return FoundRow(result: answer.result, statement: answer.statement, row: row)
    } catch {
      throw answer.described(error)
    }
  }
}

extension FoundRow {
  /// Decodes on the caller's side, so that the event loop only delivers.
  func decoded<Row: RowDecodable>() throws(RelationalError) -> Row? {
    switch row {
    case 0...: return try StatementResult(result: result, statement: statement).row(row)
    case LookupRow.none: return nil
    case LookupRow.several: throw .severalRows(statement)
    default:
      throw RelationalError(
        .decoding, "a row has a key that nobody asked for: the column's equality is wider than that of bytes",
        statement: statement)
    }
  }
}

extension StatementResult {
  /// The first column as a key.
  fileprivate func key<Key: SQLDecodable>(ofRow index: Int32) throws(RelationalError) -> Key {
    do throws(DecodingFailure) {
      var reader = RowReader(result, row: index)
      return try reader.next()
    } catch {
      throw described(error)
    }
  }
}

extension RelationalError {
  fileprivate static func severalRows(_ statement: String) -> RelationalError {
    RelationalError(.decoding, "a key has several rows", statement: statement)
  }
}
