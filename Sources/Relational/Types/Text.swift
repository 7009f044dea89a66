extension String: SQLValue {
  /// `text`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 25, name: "text") }

  /// Everything that PostgreSQL sends as plain characters.
  @inlinable
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

  /// Reads UTF-8, scalar by scalar as it was stored; what is not UTF-8 is a failure and never repaired.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    let text = bytes.withMemoryRebound(to: UInt8.self) { String(validating: $0, as: UTF8.self) }
    guard let text else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self = text
  }
}

/// An enumeration stored as the text of its raw value, in a column of type `text` or of a PostgreSQL enum.
///
/// `enum State: String, SQLTextEnum { … }` is all that is needed. As a parameter it has no type of its own: the server
/// takes the type of the column that it is compared with or stored in. Where there is none, as in `unnest($1)`, SQL has
/// to say it: `$1::text[]`.
public protocol SQLTextEnum: RawRepresentable, SQLEncodable, SQLDecodable, SQLArrayElement where RawValue == String {}

extension SQLTextEnum {
  /// Inferred by the server.
  public static var sqlType: SQLType { SQLType(oid: 0, name: "text or an enum") }
  /// Text, and types made by the application, whose numbers begin at 16384.
  public static func accepts(_ oid: UInt32) -> Bool { String.accepts(oid) || oid >= SQLType.firstOfApplication }
  /// The raw value.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) { try rawValue.encode(into: &writer) }
  /// The case with that raw value; a failure when there is none.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard let value = Self(rawValue: try String(sqlBytes: bytes)) else {
      throw DecodingFailure(.refused("text that is no case of \(Self.self)"))
    }
    self = value
  }
  /// Inferred by the server.
  public static var arrayType: SQLType { SQLType(oid: 0, name: "text[] or an enum's array") }
  /// Arrays of text and of types made by the application.
  public static func acceptsArray(_ oid: UInt32) -> Bool {
    String.acceptsArray(oid) || oid >= SQLType.firstOfApplication
  }
}

/// A JSON document as text, sent as `jsonb`; it is neither parsed nor checked here, so numbers keep all their digits.
public struct JSONText: Hashable, Sendable {
  /// The document.
  public var text: String
  /// A document from its text.
  public init(_ text: String) { self.text = text }
}

extension JSONText: SQLValue {
  /// `jsonb`; it can be stored in a column of type `json`, too.
  public static var sqlType: SQLType { SQLType(oid: 3802, name: "jsonb") }
  /// `jsonb` and `json`.
  public static func accepts(_ oid: UInt32) -> Bool { oid == 3802 || oid == 114 }
  /// The version of the format, then the text.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    writer.write(UInt8(1))
    try text.encode(into: &writer)
  }
  /// Reads `jsonb`, whose text PostgreSQL has written anew (keys sorted, spaces normalized), or `json` as it was stored.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard let first = bytes.first else { throw DecodingFailure(.malformed(Self.sqlType)) }
    // `jsonb` begins with the number of its version, and no document of JSON can begin with that character.
    text = try String(sqlBytes: first == 1 ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst()) : bytes)
  }
}
