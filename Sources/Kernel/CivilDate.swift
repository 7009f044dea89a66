/// A day of the calendar, the same in every time zone: a birth date, a due day.
///
/// Proleptic Gregorian. Conversions follow Howard Hinnant's `days_from_civil` and `civil_from_days`.
public struct CivilDate: Hashable, Comparable, Sendable {
  /// Days since 1970-01-01, negative before.
  public let daysSince1970: Int

  /// From days since 1970-01-01.
  public init(daysSince1970: Int) { self.daysSince1970 = daysSince1970 }

  /// A calendar day; `nil` when there is no such day (30 February) or the year is outside 1...9999.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    daysSince1970 = era * 146_097 + dayOfEra - 719_468
    guard self.day == day else { return nil }
  }

  /// The day that an instant falls on, seen from a fixed offset east of UTC (Shanghai: 28 800 s, without summer time).
  public init(_ instant: Instant, secondsEastOfUTC offset: Int = 28_800) {
    daysSince1970 = Int(floorDivide(instant.microseconds + Int64(offset) * 1_000_000, 86_400_000_000))
  }

  /// Year, month and day.
  public var components: (year: Int, month: Int, day: Int) {
    let shifted = daysSince1970 + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// The year.
  public var year: Int { components.year }
  /// The month, 1...12.
  public var month: Int { components.month }
  /// The day of the month, 1...31.
  public var day: Int { components.day }
  /// The day of the week, 1 = Monday ... 7 = Sunday.
  public var weekday: Int { floorRemainder(daysSince1970 + 3, 7) + 1 }

  /// The first instant of this day at a fixed offset east of UTC.
  public func start(secondsEastOfUTC offset: Int = 28_800) -> Instant {
    Instant(seconds: Int64(daysSince1970) * 86_400 - Int64(offset))
  }

  /// Earlier is less.
  public static func < (left: CivilDate, right: CivilDate) -> Bool { left.daysSince1970 < right.daysSince1970 }
}

extension CivilDate: LosslessStringConvertible {
  /// Reads `2026-11-23`; `nil` for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = number(bytes[0..<4], below: 10_000), let month = number(bytes[5..<7], below: 13),
      let day = number(bytes[8..<10], below: 32)
    else { return nil }
    self.init(year: Int(year), month: Int(month), day: Int(day))
  }

  /// `2026年11月23日`, as texts for people have it.
  public var inChinese: String { "\(year)年\(month)月\(day)日" }

  /// `2026-11-23`.
  public var description: String {
    let (year, month, day) = components
    return "\(padded(Int64(year), to: 4))-\(padded(Int64(month), to: 2))-\(padded(Int64(day), to: 2))"
  }
}

extension CivilDate: Codable {
  /// Reads `2026-11-23`; throws `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let date = CivilDate(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a date"))
    }
    self = date
  }

  /// Writes `2026-11-23`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
