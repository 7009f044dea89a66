public import Kernel

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
private let microsecondsTo2000: Int64 = 946_684_800_000_000
/// Days from 1970 to 2000.
private let daysTo2000 = 10_957

extension Instant: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `timestamptz`; `timestamp` without a zone is another type and is not read.
  public static var sqlType: SQLType { SQLType(oid: 1184, name: "timestamptz") }

  /// Microseconds since 2000. Refused outside PostgreSQL's range, 4714 BC to AD 294276.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    let (shifted, overflow) = microseconds.subtractingReportingOverflow(microsecondsTo2000)
    guard !overflow, (-211_813_488_000_000_000..<9_223_371_331_200_000_000).contains(shifted) else {
      throw EncodingFailure("an instant outside the range of timestamptz")
    }
    writer.write(shifted)
  }

  /// Reads microseconds since 2000; `infinity` and `-infinity` are a failure with that reason.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 8 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    let shifted: Int64 = bytes.integer(at: 0)
    guard shifted != .max, shifted != .min else { throw DecodingFailure(.infinity(Self.sqlType)) }
    let (value, overflow) = shifted.addingReportingOverflow(microsecondsTo2000)
    // The last thirty years of PostgreSQL's range do not fit into an Instant.
    guard !overflow else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self.init(microseconds: value)
  }
}

extension CivilDate: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// `date`.
  public static var sqlType: SQLType { SQLType(oid: 1082, name: "date") }

  /// Days since 2000. Refused outside PostgreSQL's range.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    let (shifted, overflow) = daysSince1970.subtractingReportingOverflow(daysTo2000)
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
    self.init(daysSince1970: Int(shifted) + daysTo2000)
  }
}
