import Kernel

/// Counts working days with a sample calendar: Monday to Friday, without public holidays and their make-up days.
///
/// Public holidays come from a yearly announcement; the calendar that holds them replaces this type.
enum WorkingDays {
  /// The day that is `count` working days after a day; the day itself does not count.
  static func day(_ count: Int, after start: CivilDate) -> CivilDate {
    var day = start
    var left = count
    while left > 0 {
      day = CivilDate(daysSince1970: day.daysSince1970 + 1)
      if day.weekday <= 5 { left -= 1 }
    }
    return day
  }
}
