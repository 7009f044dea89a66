/// Twelve bytes that name a document, as MongoDB's drivers make them.
public struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  /// The twelve bytes.
  public let bytes: [UInt8]

  /// From twelve bytes; `nil` for any other count.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 12 else { return nil }
    self.bytes = bytes
  }

  /// From 24 hexadecimal digits; `nil` for anything else.
  public init?(hex: String) {
    let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 24, hex.utf8.count == 24 else { return nil }
    bytes = stride(from: 0, to: 24, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// 24 lower-case hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

/// Bytes with the subtype that says what they are.
public struct BSONBinary: Hashable, Sendable {
  /// What the bytes are: 0 plain, 4 UUID, 5 MD5, 0x80 and above private.
  public let subtype: UInt8
  /// The bytes; of the outdated subtype 2 without its inner length.
  public let bytes: [UInt8]

  /// Bytes with a subtype.
  public init(subtype: UInt8 = 0, _ bytes: [UInt8]) {
    self.subtype = subtype
    self.bytes = bytes
  }
}

/// A regular expression as stored; nothing here runs it.
public struct BSONRegex: Hashable, Sendable {
  /// The expression.
  public let pattern: String
  /// Option letters, in alphabetical order.
  public let options: String

  /// An expression; `nil` when one of the parts contains a zero byte, which BSON cannot keep here.
  public init?(pattern: String, options: String = "") {
    guard !pattern.utf8.contains(0), !options.utf8.contains(0) else { return nil }
    self.pattern = pattern
    self.options = String(options.sorted())
  }
}

/// The replication log's clock; not a date.
public struct BSONTimestamp: Hashable, Sendable {
  /// Seconds since 1970.
  public let seconds: UInt32
  /// The count within the second.
  public let increment: UInt32

  /// A place in the log.
  public init(seconds: UInt32, increment: UInt32) {
    self.seconds = seconds
    self.increment = increment
  }
}

/// A decimal floating-point number (IEEE 754 decimal128), carried through unchanged.
public struct BSONDecimal128: Hashable, Sendable {
  /// The lower half of the bits.
  public let low: UInt64
  /// The upper half of the bits: sign, exponent, top of the coefficient.
  public let high: UInt64

  /// From its two halves.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}

/// JavaScript with the variables it sees; outdated, kept for reading old data.
public struct BSONScopedCode: Hashable, Sendable {
  /// The program text.
  public let code: String
  /// Its variables.
  public let scope: BSONDocument

  /// A program and its variables.
  public init(code: String, scope: BSONDocument) {
    self.code = code
    self.scope = scope
  }
}

/// A reference to a document of another collection; outdated, kept for reading old data.
public struct BSONPointer: Hashable, Sendable {
  /// Database and collection, joined by a dot.
  public let namespace: String
  /// The document.
  public let id: ObjectID

  /// A reference.
  public init(namespace: String, id: ObjectID) {
    self.namespace = namespace
    self.id = id
  }
}
