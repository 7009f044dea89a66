/// One element found in a buffer: its type, and where its key and value lie.
struct BSONElement: Sendable {
  let type: UInt8
  let key: Range<Int>
  let value: Range<Int>
}

/// Walks the elements of one document inside a buffer. Every step is checked, so malformed bytes throw and never read
/// outside the document.
struct BSONReader {
  let bytes: [UInt8]
  /// Where the next element begins.
  private(set) var position: Int
  /// Where the closing zero stands.
  let end: Int

  /// The document that begins at `start` and must end before or at `limit`.
  init(_ bytes: [UInt8], at start: Int, limit: Int) throws(BSONError) {
    guard limit - start >= 5, limit <= bytes.count else { throw BSONError(reason: .length, offset: start) }
    let length = Int(bytes.int32(at: start))
    guard length >= 5, length <= limit - start, bytes[start + length - 1] == 0 else {
      throw BSONError(reason: .length, offset: start)
    }
    self.bytes = bytes
    position = start + 4
    end = start + length - 1
  }

  /// A document that was checked before.
  init(trusted bytes: [UInt8], at start: Int = 0) {
    self.bytes = bytes
    position = start + 4
    end = start + Int(bytes.int32(at: start)) - 1
  }

  /// Where the document ends, behind its closing zero.
  var documentEnd: Int { end + 1 }

  /// The next element, or `nil` at the end of the document.
  mutating func next() throws(BSONError) -> BSONElement? {
    guard position < end else { return nil }
    let start = position
    let type = bytes[start]
    let keyEnd = try zero(from: start + 1)
    let valueEnd = try valueEnd(type: type, from: keyEnd + 1)
    position = valueEnd
    return BSONElement(type: type, key: start + 1..<keyEnd, value: keyEnd + 1..<valueEnd)
  }

  /// The next element of a document that was checked before.
  mutating func nextTrusted() -> BSONElement? { try? next() }

  /// The key as text.
  func key(of element: BSONElement) -> String { String(decoding: bytes[element.key], as: UTF8.self) }

  /// Whether the key is this text, without making a string of it.
  func key(of element: BSONElement, equals text: String) -> Bool {
    let utf8 = text.utf8
    return utf8.count == element.key.count && bytes[element.key].elementsEqual(utf8)
  }

  // MARK: Lengths

  private func zero(from start: Int) throws(BSONError) -> Int {
    guard start < end, let zero = bytes[start..<end].firstIndex(of: 0) else {
      throw BSONError(reason: .text, offset: start)
    }
    return zero
  }

  private func advance(_ start: Int, by count: Int) throws(BSONError) -> Int {
    guard count >= 0, count <= end - start else { throw BSONError(reason: .length, offset: start) }
    return start + count
  }

  /// A length prefix at `start`, at least `minimum`.
  private func length(at start: Int, minimum: Int) throws(BSONError) -> Int {
    guard end - start >= 4 else { throw BSONError(reason: .length, offset: start) }
    let length = Int(bytes.int32(at: start))
    guard length >= minimum else { throw BSONError(reason: .length, offset: start) }
    return length
  }

  private func valueEnd(type: UInt8, from start: Int) throws(BSONError) -> Int {
    switch type {
    case BSONType.undefined, BSONType.null, BSONType.minKey, BSONType.maxKey: start
    case BSONType.bool: try advance(start, by: 1)
    case BSONType.int32: try advance(start, by: 4)
    case BSONType.double, BSONType.dateTime, BSONType.timestamp, BSONType.int64: try advance(start, by: 8)
    case BSONType.objectID: try advance(start, by: 12)
    case BSONType.decimal128: try advance(start, by: 16)
    case BSONType.string, BSONType.code, BSONType.symbol:
      try advance(start, by: 4 + length(at: start, minimum: 1))
    case BSONType.document, BSONType.array:
      try advance(start, by: length(at: start, minimum: 5))
    case BSONType.binary: try advance(start, by: 5 + length(at: start, minimum: 0))
    case BSONType.regex: try zero(from: zero(from: start) + 1) + 1
    case BSONType.pointer: try advance(start, by: 4 + length(at: start, minimum: 1) + 12)
    case BSONType.scopedCode: try advance(start, by: length(at: start, minimum: 14))
    default: throw BSONError(reason: .unknownType, offset: start)
    }
  }
}

extension [UInt8] {
  /// Four bytes as a signed integer, lowest byte first. The caller has checked that they are there.
  func int32(at offset: Int) -> Int32 {
    Int32(bitPattern: UInt32(truncatingIfNeeded: littleEndian(at: offset, count: 4)))
  }

  /// Eight bytes as an unsigned integer, lowest byte first. The caller has checked that they are there.
  func uint64(at offset: Int) -> UInt64 { littleEndian(at: offset, count: 8) }

  private func littleEndian(at offset: Int, count: Int) -> UInt64 {
    var number: UInt64 = 0
    for index in 0..<count { number |= UInt64(self[offset + index]) << UInt64(8 * index) }
    return number
  }
}
