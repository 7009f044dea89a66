public import Kernel

/// What the points of one stretch of time come to. A stretch without points has no bucket.
public struct Bucket: Sendable, Hashable {
  /// Where the stretch begins; for the first one this may lie before the range asked for.
  public let start: Instant
  /// How many points, at least one.
  public let count: Int64
  /// Their sum, added up in order of time.
  public let sum: Double
  /// The smallest value.
  public let min: Double
  /// The largest value.
  public let max: Double
  /// The value of the earliest point.
  public let first: Double
  /// The value of the latest point.
  public let last: Double

  /// The mean value.
  public var mean: Double { sum / Double(count) }
}

/// A bucket of the calendar: a day, a week from Monday, or a month, as people in some time zone live it.
public struct CivilBucket: Sendable, Hashable {
  /// The day that it is named after: the day itself, the Monday, the first of the month.
  public let day: CivilDate
  /// Its points; `start` is the first instant of that day in the time zone.
  public let bucket: Bucket
}

/// The lengths of a civil bucket.
public enum CivilUnit: String, Sendable, CaseIterable {
  /// From midnight to midnight: 23, 24 or 25 hours.
  case day
  /// From Monday.
  case week
  /// A month of the calendar.
  case month
}
