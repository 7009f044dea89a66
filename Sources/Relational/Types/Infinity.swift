public import Kernel

/// A time or day that PostgreSQL also knows as `infinity` and `-infinity`.
public protocol SQLInfinitable: SQLValue, SQLArrayElement, Hashable, Comparable {
  /// The integer that it is stored as, whose least and greatest values stand for the infinities.
  associatedtype Stored: FixedWidthInteger & SignedInteger
}

extension Instant: SQLInfinitable {
  /// Microseconds.
  public typealias Stored = Int64
}
extension CivilDateTime: SQLInfinitable {
  /// Microseconds.
  public typealias Stored = Int64
}
extension CivilDate: SQLInfinitable {
  /// Days.
  public typealias Stored = Int32
}

/// A value or one of PostgreSQL's two infinities: `Unbounded<Instant>` where a column of `timestamptz` may hold them.
///
/// They are ordered as PostgreSQL orders them. A plain `Instant` refuses an infinity by name instead of guessing.
public enum Unbounded<Value: SQLInfinitable>: Hashable, Comparable, Sendable {
  /// `-infinity`, earlier than everything.
  case negativeInfinity
  /// An ordinary value.
  case finite(Value)
  /// `infinity`, later than everything.
  case infinity

  /// The ordinary value, `nil` for an infinity.
  public var value: Value? {
    if case .finite(let value) = self { value } else { nil }
  }
}

extension Unbounded: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// The value's type.
  public static var sqlType: SQLType { Value.sqlType }

  /// As the value, an infinity as the least or greatest integer.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    switch self {
    case .negativeInfinity: writer.write(Value.Stored.min)
    case .finite(let value): try value.encode(into: &writer)
    case .infinity: writer.write(Value.Stored.max)
    }
  }

  /// Reads what the value reads, and the infinities.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == Value.Stored.bitWidth / 8 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    switch bytes.integer(at: 0, as: Value.Stored.self) {
    case .min: self = .negativeInfinity
    case .max: self = .infinity
    default: self = .finite(try Value(sqlBytes: bytes))
    }
  }
}

extension Unbounded: SQLArrayElement {
  /// The value's array type.
  public static var arrayType: SQLType { Value.arrayType }
}
