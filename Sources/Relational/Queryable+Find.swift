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
    do throws(RelationalError) {
      return try await perform(lookUp).decoded()
    } catch {
      throw await namingType(error)
    }
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
      var list = KeyList()
      for key in part { _ = list.place(of: try statement.encoded(key)) }
      let rows = try await rows(of: list, statement.statement)
      for (place, key) in part.enumerated() { found[key] = try rows[place].decoded() as Row? }
    }
    return found
  }

  /// Sends the look-up as a statement of its own.
  public nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    try await performAlone(lookUp)
  }

  nonisolated(nonsending) func performAlone(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    var key = KeyList()
    _ = key.place(of: lookUp.key)
    return try await rows(of: key, lookUp.statement)[0]
  }

  /// One statement for some keys; gives what it found for each.
  private nonisolated(nonsending) func rows(
    of keys: KeyList, _ statement: LookupStatement
  ) async throws(RelationalError) -> [FoundRow] {
    let answer = try await perform(statement.call(for: keys))
    do throws(DecodingFailure) {
      return try statement.rows(of: keys, in: answer.result)
        .map { FoundRow(result: answer.result, statement: answer.statement, row: $0) }
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
    case LookupRow.several: throw RelationalError(.decoding, "a key has several rows", statement: statement)
    default:
      throw RelationalError(
        .decoding, "a row has a key that nobody asked for: the column's equality is wider than that of bytes",
        statement: statement)
    }
  }
}
