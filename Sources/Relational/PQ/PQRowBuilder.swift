import CLibpq

/// Makes results out of the rows of a binary COPY, so that they are read exactly as the rows of a query are.
final class PQRowBuilder {
  private let pattern: PQResult
  private var pointer: OpaquePointer?
  private var sawSignature = false
  private(set) var byteCount = 0
  private(set) var rowCount: Int32 = 0

  /// `pattern` has the columns; it comes from describing the statement that is copied.
  init(pattern: PQResult) { self.pattern = pattern }

  /// Takes one piece as PostgreSQL sends it: a row, the first with the signature before it, or the end mark.
  ///
  /// `false` for bytes that are no row of these columns.
  func append(_ piece: UnsafeRawBufferPointer) -> Bool {
    var bytes = piece[...]
    if !sawSignature {
      guard bytes.count >= 19 else { return false }
      let extra = UnsafeRawBufferPointer(rebasing: bytes).integer(at: 15, as: Int32.self)
      guard extra >= 0, bytes.count >= 19 + Int(extra) else { return false }
      bytes = bytes.dropFirst(19 + Int(extra))
      sawSignature = true
    }
    return bytes.isEmpty || append(row: UnsafeRawBufferPointer(rebasing: bytes))
  }

  private func append(row bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 2 else { return false }
    let columns = bytes.integer(at: 0, as: Int16.self)
    if columns == -1 { return true }
    guard columns == Int16(truncatingIfNeeded: pattern.columnCount) else { return false }
    if pointer == nil { pointer = pattern.copyColumns() }
    guard let pointer else { return false }
    var place = 2
    for column in 0..<pattern.columnCount {
      guard place + 4 <= bytes.count else { return false }
      let length = bytes.integer(at: place, as: Int32.self)
      place += 4
      guard length >= -1, place + Int(max(0, length)) <= bytes.count else { return false }
      // libpq copies the value and changes nothing; its parameter is just not marked so.
      let value = UnsafeMutablePointer(
        mutating: bytes.baseAddress?.advanced(by: place).assumingMemoryBound(to: CChar.self))
      guard PQsetvalue(pointer, rowCount, column, length < 0 ? nil : value, length) == 1 else { return false }
      place += Int(max(0, length))
    }
    rowCount += 1
    byteCount += bytes.count
    return true
  }

  /// The rows so far, `nil` when there are none; the next ones begin a new result.
  func take() -> PQResult? {
    guard let pointer else { return nil }
    self.pointer = nil
    rowCount = 0
    byteCount = 0
    return PQResult(pointer)
  }

  deinit { PQclear(pointer) }
}
