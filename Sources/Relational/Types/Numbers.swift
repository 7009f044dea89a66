extension Bool: SQLValue {
  /// `bool`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 16, name: "bool") }
  /// One byte.
  public func encode(into writer: inout SQLWriter) { writer.write(self ? UInt8(1) : 0) }
  /// Reads one byte.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 1 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self = bytes[0] != 0
  }
}

/// An integer whose binary form is simply its bytes; what is common to all of them.
public protocol SQLInteger: FixedWidthInteger, SQLEncodable, SQLDecodable {}

extension SQLInteger {
  /// Its bytes, most significant first.
  public func encode(into writer: inout SQLWriter) { writer.write(self) }
  /// Reads exactly its width.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == Self.bitWidth / 8 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self = bytes.integer(at: 0)
  }
}

extension Int16: SQLInteger {
  /// `int2`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 21, name: "int2") }
}
extension Int32: SQLInteger {
  /// `int4`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 23, name: "int4") }
}
extension Int64: SQLInteger {
  /// `int8`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 20, name: "int8") }
}
extension Int: SQLInteger {
  /// `int8`, whatever the width of a machine word.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 20, name: "int8") }
}
extension UInt32: SQLInteger {
  /// `oid`, the number of a type or table; PostgreSQL has no other unsigned type of this width.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 26, name: "oid") }
}
extension UInt64: SQLInteger {
  /// `xid8`, the id of a transaction; PostgreSQL has no other unsigned type of this width.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 5069, name: "xid8") }
}

extension Float: SQLValue {
  /// `float4`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 700, name: "float4") }
  /// Its four bytes.
  public func encode(into writer: inout SQLWriter) { writer.write(bitPattern) }
  /// Reads four bytes.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 4 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self.init(bitPattern: bytes.integer(at: 0))
  }
}

extension Double: SQLValue {
  /// `float8`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 701, name: "float8") }
  /// Its eight bytes.
  public func encode(into writer: inout SQLWriter) { writer.write(bitPattern) }
  /// Reads eight bytes.
  @inlinable
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 8 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self.init(bitPattern: bytes.integer(at: 0))
  }
}
