import Kernel

/// A month in UTC: what one partition of the readings holds.
struct UTCMonth: Hashable, Comparable {
  /// Its first day.
  let firstDay: CivilDate

  init(containing time: Instant) {
    let day = CivilDate(time, secondsEastOfUTC: 0)
    firstDay = CivilDate(daysSince1970: day.daysSince1970 - day.day + 1)
  }

  /// Its first instant.
  var start: Instant { firstDay.start(secondsEastOfUTC: 0) }

  /// The month after it: 31 days after the first of a month always lie in the next one.
  var next: UTCMonth { UTCMonth(containing: start + .seconds(31 * 86_400)) }

  static func < (left: UTCMonth, right: UTCMonth) -> Bool { left.firstDay < right.firstDay }
}

extension TimeRange {
  /// The months that have an instant in this range, in order.
  var months: [UTCMonth] {
    guard from < to else { return [] }
    var months = [UTCMonth(containing: from)]
    while let next = months.last?.next, next.start < to { months.append(next) }
    return months
  }
}
