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
    writer.write(sqlType.elementOID)
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
    if dimensions == 0, bytes.count == 12 { return [] }
    guard dimensions == 1, bytes.count >= 20 else { throw malformed }
    let count = Int(bytes.integer(at: 12, as: Int32.self))
    // Every element takes at least its length, which bounds what a wrong count could allocate.
    guard count >= 0, count <= (bytes.count - 20) / 4 else { throw malformed }
    var elements: [Self] = []
    elements.reserveCapacity(count)
    var slices = SQLSlices(bytes, at: 20)
    for _ in 0..<count {
      switch slices.next() {
      case .value(let bytes)?: elements.append(try Self(sqlBytes: bytes))
      case .null?: elements.append(try Self(sqlNull: ()))
      case nil: throw malformed
      }
    }
    guard slices.isAtEnd else { throw malformed }
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
