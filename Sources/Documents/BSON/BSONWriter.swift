/// The type bytes of BSON (bsonspec.org, version 1.1).
enum BSONType {
  static let double: UInt8 = 0x01
  static let string: UInt8 = 0x02
  static let document: UInt8 = 0x03
  static let array: UInt8 = 0x04
  static let binary: UInt8 = 0x05
  static let undefined: UInt8 = 0x06
  static let objectID: UInt8 = 0x07
  static let bool: UInt8 = 0x08
  static let dateTime: UInt8 = 0x09
  static let null: UInt8 = 0x0A
  static let regex: UInt8 = 0x0B
  static let pointer: UInt8 = 0x0C
  static let code: UInt8 = 0x0D
  static let symbol: UInt8 = 0x0E
  static let scopedCode: UInt8 = 0x0F
  static let int32: UInt8 = 0x10
  static let timestamp: UInt8 = 0x11
  static let int64: UInt8 = 0x12
  static let decimal128: UInt8 = 0x13
  static let maxKey: UInt8 = 0x7F
  static let minKey: UInt8 = 0xFF
}

extension [UInt8] {
  /// Appends an integer, lowest byte first.
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends text with its length before it and a zero after it.
  mutating func append(text: String) {
    append(littleEndian: Int32(text.utf8.count + 1))
    append(contentsOf: text.utf8)
    append(0)
  }

  /// Appends text that ends at its zero byte.
  mutating func append(zeroTerminated text: String) {
    append(contentsOf: text.utf8)
    append(0)
  }

  /// Writes into the four bytes at `start` how many bytes there are from there to the end.
  mutating func setLength(at start: Int) {
    let length = UInt32(count - start)
    for index in 0..<4 { self[start + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
  }
}

extension BSONValue {
  var typeByte: UInt8 {
    switch self {
    case .double: BSONType.double
    case .string: BSONType.string
    case .document: BSONType.document
    case .array: BSONType.array
    case .binary: BSONType.binary
    case .undefined: BSONType.undefined
    case .objectID: BSONType.objectID
    case .bool: BSONType.bool
    case .dateTime: BSONType.dateTime
    case .null: BSONType.null
    case .regex: BSONType.regex
    case .pointer: BSONType.pointer
    case .code: BSONType.code
    case .symbol: BSONType.symbol
    case .scopedCode: BSONType.scopedCode
    case .int32: BSONType.int32
    case .timestamp: BSONType.timestamp
    case .int64: BSONType.int64
    case .decimal128: BSONType.decimal128
    case .minKey: BSONType.minKey
    case .maxKey: BSONType.maxKey
    }
  }

  /// Appends the value without type and key.
  func write(to bytes: inout [UInt8]) {
    switch self {
    case .undefined, .null, .minKey, .maxKey: break
    case .double(let number): bytes.append(littleEndian: number.bitPattern)
    case .string(let text), .code(let text), .symbol(let text): bytes.append(text: text)
    case .document(let document): bytes.append(contentsOf: document.bytes)
    case .array(let values): values.write(to: &bytes)
    case .binary(let binary): binary.write(to: &bytes)
    case .objectID(let id): bytes.append(contentsOf: id.bytes)
    case .bool(let bool): bytes.append(bool ? 1 : 0)
    case .dateTime(let milliseconds): bytes.append(littleEndian: milliseconds)
    case .regex(let regex):
      bytes.append(zeroTerminated: regex.pattern)
      bytes.append(zeroTerminated: regex.options)
    case .pointer(let pointer):
      bytes.append(text: pointer.namespace)
      bytes.append(contentsOf: pointer.id.bytes)
    case .scopedCode(let scoped):
      let start = bytes.count
      bytes.append(littleEndian: Int32(0))
      bytes.append(text: scoped.code)
      bytes.append(contentsOf: scoped.scope.bytes)
      bytes.setLength(at: start)
    case .int32(let number): bytes.append(littleEndian: number)
    case .int64(let number): bytes.append(littleEndian: number)
    case .timestamp(let timestamp):
      bytes.append(littleEndian: timestamp.increment)
      bytes.append(littleEndian: timestamp.seconds)
    case .decimal128(let decimal):
      bytes.append(littleEndian: decimal.low)
      bytes.append(littleEndian: decimal.high)
    }
  }
}

extension BSONBinary {
  fileprivate func write(to bytes: inout [UInt8]) {
    // The outdated subtype 2 repeats its length inside.
    let isOutdated = subtype == 2
    bytes.append(littleEndian: Int32(self.bytes.count + (isOutdated ? 4 : 0)))
    bytes.append(subtype)
    if isOutdated { bytes.append(littleEndian: Int32(self.bytes.count)) }
    bytes.append(contentsOf: self.bytes)
  }
}

extension [BSONValue] {
  fileprivate func write(to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(littleEndian: Int32(0))
    for (index, value) in enumerated() {
      bytes.append(value.typeByte)
      bytes.append(zeroTerminated: String(index))
      value.write(to: &bytes)
    }
    bytes.append(0)
    bytes.setLength(at: start)
  }
}
