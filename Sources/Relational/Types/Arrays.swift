public import Foundation
public import Kernel

/// A type whose Swift arrays stand for a PostgreSQL type: an array as a rule, `bytea` for bytes.
public protocol SQLArrayElement: Sendable {
  /// The type of the whole array.
  static var arrayType: SQLType { get }
  /// Whether a column of this type can be read as an array of this element.
  static func acceptsArray(_ oid: UInt32) -> Bool
  /// Appends the binary form of the whole array.
  static func encodeArray(_ elements: [Self], into writer: inout SQLWriter) throws(EncodingFailure)
  /// Reads the whole array.
  static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(DecodingFailure) -> [Self]
}

extension SQLArrayElement {
  /// Only the type itself.
  public static func acceptsArray(_ oid: UInt32) -> Bool { oid == arrayType.oid }
}

extension SQLArrayElement where Self: SQLEncodable & SQLDecodable {
  /// One dimension, counted from 1.
  public static func encodeArray(_ elements: [Self], into writer: inout SQLWriter) throws(EncodingFailure) {
    writer.write(Int32(elements.isEmpty ? 0 : 1))
    writer.write(Int32(elements.contains { $0.isSQLNull } ? 1 : 0))
    writer.write(sqlType.oid)
    guard !elements.isEmpty else { return }
    writer.write(Int32(elements.count))
    writer.write(Int32(1))
    for element in elements { try writer.write(value: element) }
  }

  /// Reads no or one dimension; more is a failure, since a Swift array has one.
  public static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(DecodingFailure) -> [Self] {
    let malformed = DecodingFailure(.malformed(arrayType))
    guard bytes.count >= 12 else { throw malformed }
    let dimensions: Int32 = bytes.integer(at: 0)
    if dimensions == 0 { return [] }
    guard dimensions == 1, bytes.count >= 20 else { throw malformed }
    let count = Int(bytes.integer(at: 12, as: Int32.self))
    // Every element takes at least its length, which bounds what a wrong count could allocate.
    guard count >= 0, count <= (bytes.count - 20) / 4 else { throw malformed }
    var elements: [Self] = []
    elements.reserveCapacity(count)
    var offset = 20
    for _ in 0..<count {
      guard offset + 4 <= bytes.count else { throw malformed }
      let length = Int(bytes.integer(at: offset, as: Int32.self))
      offset += 4
      if length < 0 {
        elements.append(try Self(sqlNull: ()))
      } else {
        guard length <= bytes.count - offset else { throw malformed }
        elements.append(try Self(sqlBytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])))
        offset += length
      }
    }
    return elements
  }
}

extension Array: SQLTyped where Element: SQLArrayElement {
  /// The array type of the element.
  public static var sqlType: SQLType { Element.arrayType }
}
extension Array: SQLEncodable where Element: SQLArrayElement {
  /// The whole array.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    try Element.encodeArray(self, into: &writer)
  }
}
extension Array: RowDecodable where Element: SQLArrayElement {}
extension Array: SQLDecodable where Element: SQLArrayElement {
  /// What the element says.
  public static func accepts(_ oid: UInt32) -> Bool { Element.acceptsArray(oid) }
  /// Reads the whole array.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) { self = try Element.decodeArray(bytes) }
}

extension UInt8: SQLArrayElement {
  /// `bytea`: an array of bytes is one value.
  public static var arrayType: SQLType { SQLType(oid: 17, name: "bytea") }
  /// The bytes as they are.
  public static func encodeArray(_ elements: [UInt8], into writer: inout SQLWriter) { writer.write(bytes: elements) }
  /// The bytes as they are.
  public static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(DecodingFailure) -> [UInt8] { Array(bytes) }
}
extension Array: SQLArrayElement where Element == UInt8 {
  /// `bytea[]`.
  public static var arrayType: SQLType { SQLType(oid: 1001, name: "bytea[]") }
}
extension Optional: SQLArrayElement where Wrapped: SQLArrayElement & SQLEncodable & SQLDecodable {
  /// The array type of what is wrapped.
  public static var arrayType: SQLType { Wrapped.arrayType }
  /// What the wrapped type accepts.
  public static func acceptsArray(_ oid: UInt32) -> Bool { Wrapped.acceptsArray(oid) }
}

extension Bool: SQLArrayElement {
  /// `bool[]`.
  public static var arrayType: SQLType { SQLType(oid: 1000, name: "bool[]") }
}
extension Int16: SQLArrayElement {
  /// `int2[]`.
  public static var arrayType: SQLType { SQLType(oid: 1005, name: "int2[]") }
}
extension Int32: SQLArrayElement {
  /// `int4[]`.
  public static var arrayType: SQLType { SQLType(oid: 1007, name: "int4[]") }
}
extension Int64: SQLArrayElement {
  /// `int8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1016, name: "int8[]") }
}
extension Int: SQLArrayElement {
  /// `int8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1016, name: "int8[]") }
}
extension Double: SQLArrayElement {
  /// `float8[]`.
  public static var arrayType: SQLType { SQLType(oid: 1022, name: "float8[]") }
}
extension String: SQLArrayElement {
  /// `text[]`.
  public static var arrayType: SQLType { SQLType(oid: 1009, name: "text[]") }
  /// `text[]`, `varchar[]` and `name[]`.
  public static func acceptsArray(_ oid: UInt32) -> Bool { oid == 1009 || oid == 1015 || oid == 1003 }
}
extension UUID: SQLArrayElement {
  /// `uuid[]`.
  public static var arrayType: SQLType { SQLType(oid: 2951, name: "uuid[]") }
}
extension Identifier: SQLArrayElement {
  /// `uuid[]`.
  public static var arrayType: SQLType { UUID.arrayType }
}
extension Instant: SQLArrayElement {
  /// `timestamptz[]`.
  public static var arrayType: SQLType { SQLType(oid: 1185, name: "timestamptz[]") }
}
extension CivilDate: SQLArrayElement {
  /// `date[]`.
  public static var arrayType: SQLType { SQLType(oid: 1182, name: "date[]") }
}
extension JSONText: SQLArrayElement {
  /// `jsonb[]`.
  public static var arrayType: SQLType { SQLType(oid: 3807, name: "jsonb[]") }
}
extension SQLDecimal: SQLArrayElement {
  /// `numeric[]`.
  public static var arrayType: SQLType { SQLType(oid: 1231, name: "numeric[]") }
}
