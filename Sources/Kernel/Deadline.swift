/// The moment after which an answer is of no use any more; measured on the monotonic clock.
public struct Deadline: Sendable, Comparable {
  /// The moment itself.
  public let instant: ContinuousClock.Instant

  /// A deadline at a moment.
  public init(_ instant: ContinuousClock.Instant) { self.instant = instant }

  /// A deadline some time from now.
  public static func after(_ duration: Duration) -> Deadline { Deadline(.now + duration) }

  /// What is left, zero once it has passed.
  public var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: instant)) }

  /// Whether it has passed.
  public var hasPassed: Bool { remaining == .zero }

  /// Earlier is less.
  public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}
