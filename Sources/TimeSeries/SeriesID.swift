public import Relational

/// The number of a series in the registry.
public struct SeriesID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The number as stored.
  public let rawValue: Int64

  /// A number read back from a store or a request.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// Decimal digits.
  public var description: String { String(rawValue) }

  /// By number, which is by order of registering.
  public static func < (left: SeriesID, right: SeriesID) -> Bool { left.rawValue < right.rawValue }
}

extension SeriesID: SQLEncodable, SQLDecodable, SQLArrayElement {
  /// `int8`.
  public static var sqlType: SQLType { Int64.sqlType }
  /// `int8[]`.
  public static var arrayType: SQLType { Int64.arrayType }
  /// The number.
  public func encode(into writer: inout SQLWriter) { rawValue.encode(into: &writer) }
  /// Reads a number.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self.init(rawValue: try Int64(sqlBytes: bytes))
  }
}
