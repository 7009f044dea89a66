/// Something that statements can be issued on: a database, a transaction or a session.
public protocol Queryable: Sendable {
  /// Sends one statement and awaits its result; the methods below say it more conveniently.
  nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult
  /// Sends one look-up by key and awaits its result; a `Database` sends it together with others.
  nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow
}

/// A statement with its values, ready to be sent.
public struct StatementCall: Sendable {
  let name: String
  let lane: Lane
  let sql: String
  let leavesTraces: Bool
  let parameters: Parameters

  /// With values that are encoded already.
  init<Row>(_ statement: Statement<Row>, parameters: Parameters) {
    name = statement.name
    lane = statement.lane
    sql = statement.sql
    leavesTraces = statement.leavesTraces
    self.parameters = parameters
  }

  /// Encodes the values; throws `.encoding` for one that PostgreSQL cannot take.
  public init<Row>(_ statement: Statement<Row>, _ values: [any SQLEncodable]) throws(RelationalError) {
    do throws(EncodingFailure) {
      self.init(statement, parameters: try Parameters(values))
    } catch {
      throw RelationalError(.encoding, error.description, statement: statement.name, underlying: error)
    }
  }
}

/// The answer to one statement, not yet decoded.
public struct StatementResult: Sendable {
  let result: PQResult
  let statement: String

  /// Rows inserted, changed, deleted or returned.
  public var affectedRows: Int { result.affectedRows }

  /// Decodes all rows; throws `.decoding` with statement, column, expected and actual type.
  func rows<Row: RowDecodable>(_ type: Row.Type) throws(RelationalError) -> [Row] {
    do throws(DecodingFailure) {
      return try result.rows(Row.self)
    } catch {
      throw described(error)
    }
  }

  /// Decodes the first row, if there is one.
  func first<Row: RowDecodable>(_ type: Row.Type) throws(RelationalError) -> Row? {
    result.rowCount == 0 ? nil : try row(0)
  }

  /// Decodes the row at a place that exists.
  func row<Row: RowDecodable>(_ index: Int32) throws(RelationalError) -> Row {
    do throws(DecodingFailure) {
      return try result.row(Row.self, at: index)
    } catch {
      throw described(error)
    }
  }

  /// With the names of statement and column.
  func described(_ failure: DecodingFailure) -> RelationalError {
    let place = failure.column.map { column in
      column < Int(result.columnCount) ? "column \(column + 1) (\(result.columnName(column))): " : ""
    }
    return RelationalError(
      .decoding, (place ?? "") + failure.description, statement: statement, underlying: failure)
  }
}

extension Queryable {
  /// All rows.
  ///
  /// One round trip. Throws `.unavailable`, `.acquireTimeout`, `.deadline`, `.decoding` or what the server says.
  /// Cancelling stops the statement on the server; on the shared lane it only drops the answer.
  public nonisolated(nonsending) func query<Row>(
    _ statement: Statement<Row>, _ parameters: any SQLEncodable...
  ) async throws(RelationalError) -> [Row] {
    do throws(RelationalError) {
      return try await perform(StatementCall(statement, parameters)).rows(Row.self)
    } catch {
      throw await namingType(error)
    }
  }

  /// All rows; the values as an array.
  public nonisolated(nonsending) func query<Row>(
    _ statement: Statement<Row>, with parameters: [any SQLEncodable]
  ) async throws(RelationalError) -> [Row] {
    do throws(RelationalError) {
      return try await perform(StatementCall(statement, parameters)).rows(Row.self)
    } catch {
      throw await namingType(error)
    }
  }

  /// The first row, `nil` when there is none. Cost, errors and cancelling as for `query`.
  public nonisolated(nonsending) func first<Row>(
    _ statement: Statement<Row>, _ parameters: any SQLEncodable...
  ) async throws(RelationalError) -> Row? {
    do throws(RelationalError) {
      return try await perform(StatementCall(statement, parameters)).first(Row.self)
    } catch {
      throw await namingType(error)
    }
  }

  /// How many rows were inserted, changed, deleted or returned. Cost, errors and cancelling as for `query`.
  @discardableResult
  public nonisolated(nonsending) func execute<Row>(
    _ statement: Statement<Row>, _ parameters: any SQLEncodable...
  ) async throws(RelationalError) -> Int {
    try await perform(StatementCall(statement, parameters)).affectedRows
  }

  /// How many rows were inserted, changed, deleted or returned; the values as an array.
  @discardableResult
  public nonisolated(nonsending) func execute<Row>(
    _ statement: Statement<Row>, with parameters: [any SQLEncodable]
  ) async throws(RelationalError) -> Int {
    try await perform(StatementCall(statement, parameters)).affectedRows
  }
}
