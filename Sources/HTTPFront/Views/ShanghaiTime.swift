import Kernel

/// Times as people in Shanghai read them.
///
/// Shanghai has been eight hours east of UTC without summer time since 1991, so no table of time zones is needed.
struct ShanghaiTime: Sendable {
  /// The moment that decides whether the year is shown.
  let now: Instant

  private static let weekdays = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]

  /// `11月23日 周一 14:30`, with the year in front when it is not this one.
  func full(_ instant: Instant) -> String { "\(day(CivilDate(instant))) \(Self.clock(instant))" }

  /// `11月23日 周一`, with the year in front when it is not this one.
  func day(_ date: CivilDate) -> String {
    let year = date.year == CivilDate(now).year ? "" : "\(date.year)年"
    return "\(year)\(date.month)月\(date.day)日 \(Self.weekdays[date.weekday - 1])"
  }

  /// `2026年11月23日`, for documents that are printed.
  static func long(_ date: CivilDate) -> String { date.inChinese }

  /// `14:30`.
  static func clock(_ instant: Instant) -> String {
    let minutes = minuteOfDay(instant)
    return "\(two(minutes / 60)):\(two(minutes % 60))"
  }

  /// `11-23 14:30`, for the narrow places of a chart.
  static func short(_ instant: Instant) -> String {
    let date = CivilDate(instant)
    return "\(date.month)-\(date.day) \(clock(instant))"
  }

  /// `2026-11-23T14:30`, as a browser's field for date and time takes and gives it.
  static func field(_ instant: Instant) -> String { "\(CivilDate(instant))T\(clock(instant))" }

  /// Reads what such a field gives, with or without seconds; `nil` for anything else.
  static func parse(_ text: String) -> Instant? {
    let full = text.utf8.count == 16 ? "\(text):00" : text
    return Instant("\(full)+08:00")
  }

  private static func minuteOfDay(_ instant: Instant) -> Int {
    let start = CivilDate(instant).start()
    return Int((instant.microseconds - start.microseconds) / 60_000_000)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// A text with a date in it as people write dates; any other text stays as it is.
func readableDate(_ text: String) -> String { CivilDate(text).map { ShanghaiTime.long($0) } ?? text }
