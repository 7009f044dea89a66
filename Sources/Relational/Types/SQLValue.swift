/// A Swift type that stands for one PostgreSQL type.
public protocol SQLTyped: Sendable {
  /// The PostgreSQL type that values are sent as and expected to arrive as.
  static var sqlType: SQLType { get }
}

/// A value that can be bound to a parameter, in binary.
public protocol SQLEncodable: SQLTyped {
  /// Whether SQL's null is meant; `encode` is not called then.
  var isSQLNull: Bool { get }
  /// Appends the binary form.
  func encode(into writer: inout SQLWriter) throws(EncodingFailure)
}

/// A value that can be read from a column, from binary; by itself it is also a row of one column.
public protocol SQLDecodable: SQLTyped, RowDecodable {
  /// Whether a column of this type can be read; by default only `sqlType` itself.
  static func accepts(_ oid: UInt32) -> Bool
  /// What null means; by default a failure.
  init(sqlNull: Void) throws(DecodingFailure)
  /// Reads the binary form. The bytes are valid only during the call.
  init(sqlBytes: UnsafeRawBufferPointer) throws(DecodingFailure)
}

/// A type that goes both ways.
public typealias SQLValue = SQLEncodable & SQLDecodable

extension SQLEncodable {
  /// Nothing but an optional is null.
  public var isSQLNull: Bool { false }
}

extension SQLDecodable {
  /// Only the type itself.
  @inlinable
  public static func accepts(_ oid: UInt32) -> Bool { oid == sqlType.oid }
  /// A column that may be null is read as an optional.
  @inlinable
  public init(sqlNull: Void) throws(DecodingFailure) { throw DecodingFailure(.null(expected: Self.sqlType)) }
  /// The row's only column.
  @inlinable
  public init(row: inout RowReader) throws(DecodingFailure) { self = try row.next() }
}

/// Takes the binary form of values, one after the other.
public struct SQLWriter: Sendable {
  /// What has been written.
  var bytes: [UInt8] = []

  /// Appends an integer, most significant byte first, as PostgreSQL wants it.
  public mutating func write(_ integer: some FixedWidthInteger) {
    withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends bytes as they are.
  public mutating func write(bytes more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// Appends a value with its length before it, as arrays and COPY want it; length -1 is null.
  public mutating func write(value: some SQLEncodable) throws(EncodingFailure) {
    guard !value.isSQLNull else { return write(Int32(-1)) }
    let place = bytes.count
    write(Int32(0))
    try value.encode(into: &self)
    let length = Int32(truncatingIfNeeded: bytes.count - place - 4)
    withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
  }
}

/// Why a value cannot be sent; it never holds the value.
public struct EncodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let description: String
  /// A failure with its reason; the reason must not contain the value.
  public init(_ description: String) { self.description = description }
}

extension UnsafeRawBufferPointer {
  /// Reads an integer, most significant byte first.
  @inlinable
  func integer<I: FixedWidthInteger>(at offset: Int, as type: I.Type = I.self) -> I {
    I(bigEndian: loadUnaligned(fromByteOffset: offset, as: I.self))
  }
}
