public import Kernel

/// Any value that BSON can hold.
///
/// Values that users bring are always `.string`, `.int64` and the like (see `text(fromUser:)`), never documents parsed
/// from their input. So nothing a user types, `{"$ne": 1}` included, can become an operator of a query.
public enum BSONValue: Hashable, Sendable {
  /// A binary floating-point number.
  case double(Double)
  /// Text.
  case string(String)
  /// A nested document.
  case document(BSONDocument)
  /// Values in order.
  case array([BSONValue])
  /// Bytes with a subtype.
  case binary(BSONBinary)
  /// Outdated; reads as if absent.
  case undefined
  /// A document's twelve-byte id.
  case objectID(ObjectID)
  /// True or false.
  case bool(Bool)
  /// Milliseconds since 1970-01-01T00:00:00Z.
  case dateTime(Int64)
  /// No value.
  case null
  /// A regular expression.
  case regex(BSONRegex)
  /// Outdated: a reference.
  case pointer(BSONPointer)
  /// JavaScript.
  case code(String)
  /// Outdated: text of another kind.
  case symbol(String)
  /// Outdated: JavaScript with variables.
  case scopedCode(BSONScopedCode)
  /// A 32-bit integer.
  case int32(Int32)
  /// The replication log's clock.
  case timestamp(BSONTimestamp)
  /// A 64-bit integer.
  case int64(Int64)
  /// A decimal number, 16 bytes.
  case decimal128(BSONDecimal128)
  /// Sorts before everything.
  case minKey
  /// Sorts after everything.
  case maxKey

  /// Text that came from outside: it stays text, whatever it contains.
  ///
  /// The only door for users' input into filters and documents. `find(["name": .text(fromUser: input)])` compares with the
  /// text itself; `$` at its start means nothing.
  public static func text(fromUser text: String) -> BSONValue { .string(text) }

  /// A value of a type that BSON knows (`UUID`, `Instant`, `Identifier`, bytes).
  public init(_ value: some BSONConvertible) { self = value.bsonValue }
}

extension BSONValue {
  /// The text, or `nil` when this is something else.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number as an integer, whichever of the number types holds it; `nil` when it is none or not whole.
  public var integer: Int64? {
    switch self {
    case .int32(let number): Int64(number)
    case .int64(let number): number
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  /// The number as a floating-point number; `nil` when it is none, or an integer that would lose digits.
  public var number: Double? {
    switch self {
    case .int32(let number): Double(number)
    case .int64(let number): Double(exactly: number)
    case .double(let number): number
    default: nil
    }
  }

  /// The nested document, or `nil`.
  public var document: BSONDocument? {
    if case .document(let document) = self { document } else { nil }
  }

  /// The values of an array, or `nil`.
  public var array: [BSONValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// True or false, or `nil`.
  public var bool: Bool? {
    if case .bool(let bool) = self { bool } else { nil }
  }

  /// The date, or `nil` when this is no date or one beyond 290,000 years.
  public var instant: Instant? { Instant(bsonValue: self) }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Text written in code.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A number written in code: 64 bits, as Swift's `Int`.
  public init(integerLiteral value: Int64) { self = .int64(value) }
  /// A number written in code.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// True or false written in code.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// An array written in code.
  public init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
  /// A document written in code, its keys in the order written.
  public init(dictionaryLiteral elements: (String, BSONValue)...) { self = .document(BSONDocument(elements)) }
}
