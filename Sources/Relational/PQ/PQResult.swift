import CLibpq

/// One result of the server, freed with the last reference.
///
/// `@unchecked Sendable` is proven by libpq's contract: a `PGresult` is not changed after `PQgetResult` returned it, all
/// functions used here only read it, and nothing else holds the pointer. So rows are decoded by the caller, not by the
/// thread that received them.
package final class PQResult: @unchecked Sendable {
  private let pointer: OpaquePointer
  let columnCount: Int32
  let rowCount: Int32

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    columnCount = PQnfields(pointer)
    rowCount = PQntuples(pointer)
  }

  deinit { PQclear(pointer) }

  /// A result with the same columns and no rows, to be filled by `PQRowBuilder`.
  func copyColumns() -> OpaquePointer? { PQcopyResult(pointer, PG_COPYRES_ATTRS) }

  /// What a result is about.
  package enum Kind: Sendable { case success, failure, aborted, sync, copyIn, copyOut }

  package var kind: Kind {
    switch PQresultStatus(pointer) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY: .success
    case PGRES_PIPELINE_SYNC: .sync
    case PGRES_PIPELINE_ABORTED: .aborted
    case PGRES_COPY_IN: .copyIn
    case PGRES_COPY_OUT: .copyOut
    default: .failure
    }
  }

  /// The object id of a column's type.
  func columnType(_ column: Int32) -> UInt32 { PQftype(pointer, column) }

  /// Points the cells at the values of a row; valid as long as this object.
  func fill(_ cells: UnsafeMutablePointer<Cell>, row: Int32) {
    for column in 0..<columnCount {
      let length = PQgetlength(pointer, row, column)
      let cell = cells + Int(column)
      cell.pointee.length = length
      // Null is asked for only when the length is zero, which saves a call for most values.
      if length == 0, PQgetisnull(pointer, row, column) != 0 {
        cell.pointee.start = nil
      } else {
        cell.pointee.start = UnsafeRawPointer(PQgetvalue(pointer, row, column))
      }
    }
  }

  /// The bytes of a row's first column, `nil` for null; valid as long as this object.
  func firstValue(row: Int32) -> UnsafeRawBufferPointer? {
    let length = PQgetlength(pointer, row, 0)
    if length == 0, PQgetisnull(pointer, row, 0) != 0 { return nil }
    return UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, 0), count: Int(length))
  }

  /// How many bytes of values the server sent.
  var byteCount: Int {
    var count = 0
    for row in 0..<rowCount {
      for column in 0..<columnCount { count += Int(PQgetlength(pointer, row, column)) }
    }
    return count
  }

  func columnName(_ column: Int) -> String {
    PQfname(pointer, Int32(column)).map { String(cString: $0) } ?? ""
  }

  /// Rows inserted, changed, deleted or returned.
  var affectedRows: Int {
    guard let text = PQcmdTuples(pointer), text.pointee != 0 else { return Int(rowCount) }
    return Int(String(cString: text)) ?? Int(rowCount)
  }

  /// The command's tag, for instance `COMMIT`.
  var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

  var sqlState: String? { field("C") }
  var constraint: String? { field("n") }
  var table: String? { field("t") }
  /// The server's message without detail, hint and context, which may hold values.
  package var primaryMessage: String { field("M") ?? "" }

  /// `PG_DIAG_*` are character constants, which Swift does not import.
  private func field(_ code: Unicode.Scalar) -> String? {
    PQresultErrorField(pointer, Int32(UInt8(ascii: code))).map { String(cString: $0) }
  }
}
