/// From a result of libpq to rows; runs on the caller's thread.
extension PQResult {
  /// Up to `limit` rows.
  func rows<Row: RowDecodable>(_ type: Row.Type, limit: Int32 = .max) throws(DecodingFailure) -> [Row] {
    let count = min(rowCount, limit)
    return try withCells { (result, cells) throws(DecodingFailure) in
      var reader = RowReader(UnsafePointer(cells), count: Int(result.columnCount))
      var rows: [Row] = []
      rows.reserveCapacity(Int(count))
      for index in 0..<count {
        result.fill(cells, row: index)
        rows.append(try reader.whole(Row.self))
      }
      return rows
    }
  }

  /// The row at a place that exists.
  func row<Row: RowDecodable>(_ type: Row.Type, at index: Int32) throws(DecodingFailure) -> Row {
    try withCells { (result, cells) throws(DecodingFailure) in
      var reader = RowReader(UnsafePointer(cells), count: Int(result.columnCount))
      result.fill(cells, row: index)
      return try reader.whole(Row.self)
    }
  }

  /// Room for one row on the stack, with the types filled in: they are asked for once per result.
  private func withCells<T>(
    _ body: (PQResult, UnsafeMutablePointer<Cell>) throws(DecodingFailure) -> T
  ) throws(DecodingFailure) -> T {
    let count = Int(columnCount)
    // One more, since room for nothing has no address.
    return try withUnsafeTemporaryAllocation(of: Cell.self, capacity: count + 1) { room throws(DecodingFailure) in
      guard let cells = room.baseAddress else { preconditionFailure("memory without an address") }
      for column in 0..<count {
        (cells + column).initialize(to: Cell(start: nil, length: 0, type: columnType(Int32(column))))
      }
      return try body(self, cells)
    }
  }
}
