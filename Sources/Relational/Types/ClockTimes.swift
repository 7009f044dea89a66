public import Kernel

/// A time of day without a zone, `time` in PostgreSQL: from 00:00 to 24:00, both included, in microseconds.
public struct TimeOfDay: Hashable, Comparable, Sendable {
  /// One day.
  static let day: Int64 = 86_400_000_000
  /// Microseconds since midnight, 0…86 400 000 000.
  public let microseconds: Int64

  /// From microseconds since midnight; `nil` outside of 0…86 400 000 000.
  public init?(microseconds: Int64) {
    guard (0...Self.day).contains(microseconds) else { return nil }
    self.microseconds = microseconds
  }

  /// A time as a clock shows it; `nil` for what no clock shows. 24:00 is allowed, for the end of a day.
  public init?(hour: Int, minute: Int = 0, second: Int = 0, microsecond: Int = 0) {
    guard (0...24).contains(hour), (0...59).contains(minute), (0...59).contains(second),
      (0...999_999).contains(microsecond)
    else { return nil }
    self.init(microseconds: Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond))
  }

  /// Earlier is less.
  public static func < (left: TimeOfDay, right: TimeOfDay) -> Bool { left.microseconds < right.microseconds }
}

extension TimeOfDay: LosslessStringConvertible {
  /// Reads `06:30`, `06:30:15` or `06:30:15.25` with up to six fraction digits; `nil` for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fields = parts[0].split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(fields.count), parts.count == 1 || fields.count == 3,
      fields.allSatisfy({ $0.utf8.count == 2 }), let fraction = millionths(parts.dropFirst().first ?? "0")
    else { return nil }
    let numbers = fields.compactMap { decimal($0) }
    guard numbers.count == fields.count else { return nil }
    self.init(
      hour: Int(numbers[0]), minute: Int(numbers[1]), second: Int(numbers.dropFirst(2).first ?? 0),
      microsecond: Int(fraction))
  }

  /// `06:30:15.25`: seconds always, as many of six fraction digits as needed.
  public var description: String {
    let seconds = microseconds / 1_000_000
    return [seconds / 3600, seconds / 60 % 60, seconds % 60].map { twoDigits($0) }.joined(separator: ":")
      + fractionText(microseconds % 1_000_000)
  }
}

extension TimeOfDay: SQLValue {
  /// `time` without a zone.
  public static var sqlType: SQLType { SQLType(oid: 1083, name: "time") }
  /// Microseconds since midnight.
  public func encode(into writer: inout SQLWriter) { writer.write(microseconds) }
  /// Reads microseconds since midnight.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 8, let time = TimeOfDay(microseconds: bytes.integer(at: 0)) else {
      throw DecodingFailure(.malformed(Self.sqlType))
    }
    self = time
  }
}

/// Day and time as a calendar and a clock on the wall show them, `timestamp` without a zone in PostgreSQL.
///
/// It is no point in time: which one it means depends on where the wall is. So it does not convert to `Instant`, nor
/// does PostgreSQL's type read as the other (property T4).
public struct CivilDateTime: Hashable, Comparable, Sendable {
  /// Microseconds since 1970-01-01T00:00:00 on the same wall.
  public let microseconds: Int64

  /// From microseconds since 1970-01-01T00:00:00 on the same wall.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// From day and time, 24:00 being the next day's 00:00; `nil` beyond 290 000 years from 1970.
  public init?(date: CivilDate, time: TimeOfDay) {
    let (start, tooFar) = Int64(date.daysSince1970).multipliedReportingOverflow(by: TimeOfDay.day)
    let (sum, beyond) = start.addingReportingOverflow(time.microseconds)
    guard !tooFar, !beyond else { return nil }
    microseconds = sum
  }

  private var split: (days: Int64, rest: Int64) {
    let (days, rest) = microseconds.quotientAndRemainder(dividingBy: TimeOfDay.day)
    return rest < 0 ? (days - 1, rest + TimeOfDay.day) : (days, rest)
  }

  /// The day.
  public var date: CivilDate { CivilDate(daysSince1970: Int(split.days)) }
  /// The time of day, before 24:00.
  public var time: TimeOfDay {
    guard let time = TimeOfDay(microseconds: split.rest) else { preconditionFailure("a rest of a day is within a day") }
    return time
  }

  /// Earlier is less.
  public static func < (left: CivilDateTime, right: CivilDateTime) -> Bool { left.microseconds < right.microseconds }
}

extension CivilDateTime: LosslessStringConvertible {
  /// Reads `2026-11-23T06:30:00.25`, with a space instead of `T`, too; `nil` for anything else, so also with a zone.
  public init?(_ text: String) {
    let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
    guard parts.count == 2, let date = CivilDate(String(parts[0])), let time = TimeOfDay(String(parts[1])) else {
      return nil
    }
    self.init(date: date, time: time)
  }

  /// `2026-11-23T06:30:00.25`, without a zone.
  public var description: String { "\(date)T\(time)" }
}

extension CivilDateTime: SQLValue {
  /// `timestamp` without a zone.
  public static var sqlType: SQLType { SQLType(oid: 1114, name: "timestamp") }
  /// Microseconds since 2000. Refused outside PostgreSQL's range, 4714 BC to AD 294276.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    try Epoch.encode(microseconds, as: Self.sqlType, into: &writer)
  }
  /// Reads microseconds since 2000; `infinity` and `-infinity` are a failure with that reason.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    self.init(microseconds: try Epoch.decode(bytes, as: Self.sqlType))
  }
}

// MARK: Digits, shared by the texts of times and intervals

/// ASCII digits as a number; `nil` for anything else, or when it does not fit.
func decimal(_ digits: Substring) -> Int64? {
  digits.utf8.allSatisfy { (48...57).contains($0) } ? Int64(digits) : nil
}

/// The digits after a decimal point, one to six, as microseconds.
func millionths(_ digits: Substring) -> Int64? {
  guard (1...6).contains(digits.utf8.count), let value = decimal(digits) else { return nil }
  return (digits.utf8.count..<6).reduce(value) { scaled, _ in scaled * 10 }
}

/// `.25` for 250 000 microseconds, nothing for none.
func fractionText(_ microseconds: Int64) -> String {
  guard microseconds > 0 else { return "" }
  var digits = String(microseconds + 1_000_000)
  while digits.hasSuffix("0") { digits.removeLast() }
  return "." + digits.dropFirst()
}

private func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
