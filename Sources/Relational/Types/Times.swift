public import Kernel

/// Where PostgreSQL begins to count: the year 2000.
enum Epoch {
  /// Microseconds from 1970 to 2000.
  static let microseconds: Int64 = 946_684_800_000_000
  /// Days from 1970 to 2000.
  static let days = 10_957

  /// Microseconds since 2000 in PostgreSQL's range, 4714 BC to AD 294276.
  static func encode(_ since1970: Int64, as type: SQLType, into writer: inout SQLWriter) throws(EncodingFailure) {
    let (shifted, overflow) = since1970.subtractingReportingOverflow(microseconds)
    guard !overflow, (-211_813_488_000_000_000..<9_223_371_331_200_000_000).contains(shifted) else {
      throw EncodingFailure("a moment outside the range of \(type)")
    }
    writer.write(shifted)
  }

  /// Microseconds since 1970; `infinity` and `-infinity` are a failure with that reason.
  static func decode(_ bytes: UnsafeRawBufferPointer, as type: @autoclosure () -> SQLType) throws(DecodingFailure)
    -> Int64
  {
    guard bytes.count == 8 else { throw DecodingFailure(.malformed(type())) }
    let shifted: Int64 = bytes.integer(at: 0)
    guard shifted != .max, shifted != .min else { throw DecodingFailure(.infinity(type())) }
    let (value, overflow) = shifted.addingReportingOverflow(microseconds)
    // The last thirty years of PostgreSQL's range do not fit.
    guard !overflow else { throw DecodingFailure(.malformed(type())) }
    return value
  }
}

extension Instant: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `timestamptz`; `timestamp` without a zone is another type and is not read.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 1184, name: "timestamptz") }

  /// Microseconds since 2000. Refused outside PostgreSQL's range, 4714 BC to AD 294276.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    try Epoch.encode(microseconds, as: Self.sqlType, into: &writer)
  }

  /// Reads microseconds since 2000; `infinity` and `-infinity` are a failure with that reason.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self.init(microseconds: try Epoch.decode(bytes, as: Self.sqlType))
  }
}

extension CivilDate: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `date`.
  @inlinable public static var sqlType: SQLType { SQLType(oid: 1082, name: "date") }

  /// Days since 2000. Refused outside PostgreSQL's range.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    let (shifted, overflow) = daysSince1970.subtractingReportingOverflow(Epoch.days)
    guard !overflow, (-2_451_545..<2_145_031_949).contains(shifted) else {
      throw EncodingFailure("a day outside the range of date")
    }
    writer.write(Int32(shifted))
  }

  /// Reads days since 2000; `infinity` and `-infinity` are a failure with that reason.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 4 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    let shifted: Int32 = bytes.integer(at: 0)
    guard shifted != .max, shifted != .min else { throw DecodingFailure(.infinity(Self.sqlType)) }
    self.init(daysSince1970: Int(shifted) + Epoch.days)
  }
}
