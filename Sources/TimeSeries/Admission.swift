public import Kernel
public import Relational

/// Why a point is kept aside.
public enum RefusalReason: String, SQLTextEnum, CaseIterable {
  /// NaN or an infinity.
  case notFinite = "not_finite"
  /// Below or above the range of its series.
  case outOfRange = "out_of_range"
  /// Before the earliest time that the store accepts.
  case tooEarly = "too_early"
  /// Further in the future than clocks may differ.
  case tooFarAhead = "too_far_ahead"
}

/// Which times a store accepts; late points are welcome, points from the future are not.
public struct AdmissionPolicy: Sendable, Hashable {
  /// The first instant accepted.
  public var earliest: Instant
  /// How far the clock of a source may be ahead of ours.
  public var tolerance: Duration

  /// From 1970 on, and five minutes ahead, unless told otherwise. Partitions exist only from 1970 on.
  public init(earliest: Instant = Instant(seconds: 0), tolerance: Duration = .seconds(300)) {
    self.earliest = max(earliest, Instant(seconds: 0))
    self.tolerance = tolerance
  }
}

/// The points of one write, parted into those to store and those to keep aside.
struct Admission {
  private(set) var accepted: [Point] = []
  private(set) var refused: [(point: Point, reason: RefusalReason)] = []
  /// The months that accepted points fall into; in order, so that writers make partitions in the same order and never
  /// wait for each other in a circle.
  private(set) var months: [UTCMonth] = []

  /// Parts the points; the first reason that applies counts, the value before the time.
  init(_ points: [Point], range: ClosedRange<Double>, policy: AdmissionPolicy, now: Instant) {
    let latest = now + policy.tolerance
    var seen: Set<UTCMonth> = []
    // Neighbours mostly share a month, so the calendar is asked only when one leaves the month of the one before.
    var current: Range<Instant>?
    accepted.reserveCapacity(points.count)
    for point in points {
      if let reason = Self.refusal(point, range: range, earliest: policy.earliest, latest: latest) {
        refused.append((point, reason))
        continue
      }
      accepted.append(point)
      if current?.contains(point.time) != true {
        let month = UTCMonth(containing: point.time)
        current = month.start..<month.next.start
        seen.insert(month)
      }
    }
    months = seen.sorted()
  }

  private static func refusal(
    _ point: Point, range: ClosedRange<Double>, earliest: Instant, latest: Instant
  ) -> RefusalReason? {
    if !point.value.isFinite { return .notFinite }
    if !range.contains(point.value) { return .outOfRange }
    if point.time < earliest { return .tooEarly }
    if point.time > latest { return .tooFarAhead }
    return nil
  }
}
