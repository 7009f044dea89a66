/// A row read by position: the first `next` is the first column.
public protocol RowDecodable: Sendable {
  /// Reads all columns in their order; a column left over is an error.
  init(row: inout RowReader) throws(DecodingFailure)
}

/// The row of a statement that returns none.
public struct NoRow: RowDecodable {
  /// Takes no column.
  public init(row: inout RowReader) throws(DecodingFailure) {}
}

/// One column of the row that a reader stands on.
@usableFromInline struct Cell {
  /// A column whose type the source does not tell, as in a binary COPY: whatever the row asks for is believed.
  @usableFromInline static let untyped: UInt32 = 0

  /// Where the value lies; `nil` for null.
  @usableFromInline var start: UnsafeRawPointer?
  @usableFromInline var length: Int32
  /// Stays while the value changes from row to row.
  @usableFromInline let type: UInt32
}

/// Hands out the columns of one row, first to last. It cannot be copied, so it cannot outlive the row.
///
/// Everything on the way of a value is inlinable: a row type in another module is compiled into a comparison of types
/// and the reading of the bytes, without a call through a protocol.
public struct RowReader: ~Copyable {
  @usableFromInline let cells: UnsafePointer<Cell>
  @usableFromInline let count: Int
  @usableFromInline var column = 0

  /// Reads cells that somebody else fills; they must stay in place as long as the reader is used.
  init(_ cells: UnsafePointer<Cell>, count: Int) {
    self.cells = cells
    self.count = count
  }

  /// The next column as `T`; `Optional` where it may be null.
  ///
  /// The column's type is compared with `T` before a byte is read; cost: one comparison.
  @inlinable
  public mutating func next<T: SQLDecodable>(_ type: T.Type = T.self) throws(DecodingFailure) -> T {
    let place = column
    guard place < count else { throw DecodingFailure(.missingColumn, column: place) }
    column = place + 1
    let cell = cells[place]
    guard T.accepts(cell.type) || cell.type == Cell.untyped else {
      throw DecodingFailure(.type(expected: T.sqlType, actual: SQLType(oid: cell.type)), column: place)
    }
    do throws(DecodingFailure) {
      guard let start = cell.start else { return try T(sqlNull: ()) }
      return try T(sqlBytes: UnsafeRawBufferPointer(start: start, count: Int(cell.length)))
    } catch {
      throw DecodingFailure(error.reason, column: place)
    }
  }

  /// Decodes a whole row whose cells have been filled; a column left over is a failure.
  mutating func whole<Row: RowDecodable>(_ type: Row.Type) throws(DecodingFailure) -> Row {
    column = 0
    let row = try Row(row: &self)
    if column < count { throw DecodingFailure(.extraColumns(count - column)) }
    return row
  }
}
