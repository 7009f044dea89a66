extension String: SQLValue {
  /// `text`.
  public static var sqlType: SQLType { SQLType(oid: 25, name: "text") }

  /// Everything that PostgreSQL sends as plain characters.
  public static func accepts(_ oid: UInt32) -> Bool {
    switch oid {
    case 25, 1043, 1042, 19, 705: true  // text, varchar, bpchar, name, unknown
    default: false
    }
  }

  /// UTF-8. Text with a NUL character is refused, since PostgreSQL cannot store it.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    let start = writer.bytes.count
    writer.write(bytes: utf8)
    if writer.bytes[start...].contains(0) { throw EncodingFailure("text contains a NUL character") }
  }

  /// Reads UTF-8.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self = String(decoding: bytes, as: UTF8.self)
  }
}

/// An enumeration stored as the text of its raw value.
///
/// `enum State: String, SQLTextEnum { … }` is all that is needed. Columns of a PostgreSQL enum type can be read, too.
public protocol SQLTextEnum: RawRepresentable, SQLEncodable, SQLDecodable, SQLArrayElement where RawValue == String {}

extension SQLTextEnum {
  /// `text`.
  public static var sqlType: SQLType { String.sqlType }
  /// Text, and types made by the application, whose numbers begin at 16384.
  public static func accepts(_ oid: UInt32) -> Bool { String.accepts(oid) || oid >= 16384 }
  /// The raw value.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) { try rawValue.encode(into: &writer) }
  /// The case with that raw value; a failure when there is none.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard let value = Self(rawValue: String(decoding: bytes, as: UTF8.self)) else {
      throw DecodingFailure(.refused("text that is no case of \(Self.self)"))
    }
    self = value
  }
  /// `text[]`.
  public static var arrayType: SQLType { String.arrayType }
}

/// A JSON document as text, stored as `jsonb`; it is neither parsed nor checked here.
public struct JSONText: Hashable, Sendable {
  /// The document.
  public var text: String
  /// A document from its text.
  public init(_ text: String) { self.text = text }
}

extension JSONText: SQLValue {
  /// `jsonb`.
  public static var sqlType: SQLType { SQLType(oid: 3802, name: "jsonb") }
  /// The version of the format, then the text.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    writer.write(UInt8(1))
    try text.encode(into: &writer)
  }
  /// Reads `jsonb`, whose text PostgreSQL has written anew: keys sorted, spaces normalized.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.first == 1 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    text = String(decoding: bytes.dropFirst(), as: UTF8.self)
  }
}
