extension BSONReader {
  /// Checks a whole buffer that must be exactly one document.
  static func validate(_ bytes: [UInt8]) throws(BSONError) {
    let end = try validate(bytes, at: 0, limit: bytes.count, depth: 1)
    guard end == bytes.count else { throw BSONError(reason: .trailingBytes, offset: end) }
  }

  /// Checks the document at `start` and answers where it ends.
  private static func validate(_ bytes: [UInt8], at start: Int, limit: Int, depth: Int) throws(BSONError) -> Int {
    guard depth <= BSONDocument.maximumDepth else { throw BSONError(reason: .depth, offset: start) }
    var reader = try BSONReader(bytes, at: start, limit: limit)
    while let element = try reader.next() {
      try reader.checkText(element.key)
      try reader.check(element, depth: depth)
    }
    return reader.documentEnd
  }

  private func check(_ element: BSONElement, depth: Int) throws(BSONError) {
    let value = element.value
    switch element.type {
    case BSONType.string, BSONType.code, BSONType.symbol: try checkString(at: value.lowerBound, until: value.upperBound)
    case BSONType.pointer: try checkString(at: value.lowerBound, until: value.upperBound - 12)
    case BSONType.bool:
      if bytes[value.lowerBound] > 1 { throw BSONError(reason: .boolean, offset: value.lowerBound) }
    case BSONType.regex: try checkText(value.lowerBound..<value.upperBound)
    case BSONType.binary: try checkBinary(value)
    case BSONType.document, BSONType.array: try checkDocument(value, depth: depth)
    case BSONType.scopedCode: try checkScopedCode(value, depth: depth)
    default: break
    }
  }

  private func checkDocument(_ range: Range<Int>, depth: Int) throws(BSONError) {
    let end = try Self.validate(bytes, at: range.lowerBound, limit: range.upperBound, depth: depth + 1)
    guard end == range.upperBound else { throw BSONError(reason: .trailingBytes, offset: end) }
  }

  private func checkScopedCode(_ range: Range<Int>, depth: Int) throws(BSONError) {
    let text = range.lowerBound + 4
    let length = Int(bytes.int32(at: text))
    // Length of the whole, length of the text, the text, and at least an empty document.
    guard length >= 1, length <= range.count - 13 else { throw BSONError(reason: .length, offset: text) }
    try checkString(at: text, until: text + 4 + length)
    try checkDocument(text + 4 + length..<range.upperBound, depth: depth)
  }

  private func checkBinary(_ range: Range<Int>) throws(BSONError) {
    guard bytes[range.lowerBound + 4] == 2 else { return }
    let length = range.count - 5
    guard length >= 4, Int(bytes.int32(at: range.lowerBound + 5)) == length - 4 else {
      throw BSONError(reason: .length, offset: range.lowerBound)
    }
  }

  private func checkString(at start: Int, until end: Int) throws(BSONError) {
    guard Int(bytes.int32(at: start)) == end - start - 4, bytes[end - 1] == 0 else {
      throw BSONError(reason: .text, offset: start)
    }
    try checkText(start + 4..<end - 1)
  }

  private func checkText(_ range: Range<Int>) throws(BSONError) {
    let slice = bytes[range]
    // Nearly all keys and much text is ASCII; only the rest pays for the full check.
    if slice.allSatisfy({ $0 < 0x80 }) { return }
    guard String(validating: slice, as: UTF8.self) != nil else {
      throw BSONError(reason: .text, offset: range.lowerBound)
    }
  }
}

extension BSONReader {
  /// The value of an element of a checked document. The bytes cannot be malformed, so `null` for them never shows.
  func trustedValue(of element: BSONElement) -> BSONValue {
    let start = element.value.lowerBound
    return switch element.type {
    case BSONType.double: .double(Double(bitPattern: bytes.uint64(at: start)))
    case BSONType.string: .string(text(at: start))
    case BSONType.document: .document(BSONDocument(trusted: Array(bytes[element.value])))
    case BSONType.array: .array(values(at: start))
    case BSONType.binary: .binary(binary(element.value))
    case BSONType.undefined: .undefined
    case BSONType.objectID: objectID(at: start).map(BSONValue.objectID) ?? .null
    case BSONType.bool: .bool(bytes[start] == 1)
    case BSONType.dateTime: .dateTime(Int64(bitPattern: bytes.uint64(at: start)))
    case BSONType.regex: regex(element.value)
    case BSONType.pointer:
      objectID(at: element.value.upperBound - 12)
        .map { .pointer(BSONPointer(namespace: text(at: start), id: $0)) } ?? .null
    case BSONType.code: .code(text(at: start))
    case BSONType.symbol: .symbol(text(at: start))
    case BSONType.scopedCode: scopedCode(element.value)
    case BSONType.int32: .int32(bytes.int32(at: start))
    case BSONType.timestamp:
      .timestamp(
        BSONTimestamp(
          seconds: UInt32(bitPattern: bytes.int32(at: start + 4)), increment: UInt32(bitPattern: bytes.int32(at: start))
        ))
    case BSONType.int64: .int64(Int64(bitPattern: bytes.uint64(at: start)))
    case BSONType.decimal128:
      .decimal128(BSONDecimal128(low: bytes.uint64(at: start), high: bytes.uint64(at: start + 8)))
    case BSONType.minKey: .minKey
    case BSONType.maxKey: .maxKey
    default: .null
    }
  }

  /// Text with a length before it.
  func text(at start: Int) -> String {
    String(decoding: bytes[start + 4..<start + 3 + Int(bytes.int32(at: start))], as: UTF8.self)
  }

  private func values(at start: Int) -> [BSONValue] {
    var reader = BSONReader(trusted: bytes, at: start)
    var values: [BSONValue] = []
    while let element = reader.nextTrusted() { values.append(reader.trustedValue(of: element)) }
    return values
  }

  private func binary(_ range: Range<Int>) -> BSONBinary {
    let subtype = bytes[range.lowerBound + 4]
    return BSONBinary(subtype: subtype, Array(bytes[(range.lowerBound + (subtype == 2 ? 9 : 5))..<range.upperBound]))
  }

  private func objectID(at start: Int) -> ObjectID? { ObjectID(Array(bytes[start..<start + 12])) }

  private func regex(_ range: Range<Int>) -> BSONValue {
    let parts = bytes[range].split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    return BSONRegex(pattern: parts[0], options: parts[1]).map(BSONValue.regex) ?? .null
  }

  private func scopedCode(_ range: Range<Int>) -> BSONValue {
    let text = range.lowerBound + 4
    let scope = text + 4 + Int(bytes.int32(at: text))
    return .scopedCode(
      BSONScopedCode(code: self.text(at: text), scope: BSONDocument(trusted: Array(bytes[scope..<range.upperBound]))))
  }
}
