public import Kernel

/// A stretch of time that holds its beginning but not its end: `[from, to)`.
///
/// Ranges that meet share no instant, so a point belongs to exactly one of them. There is no other way to say a time
/// range to this module.
public struct TimeRange: Sendable, Hashable {
  /// The first instant inside.
  public let from: Instant
  /// The first instant after it.
  public let to: Instant

  /// A range; `nil` when it would end before it begins. An empty range is fine and holds nothing.
  public init?(from: Instant, to: Instant) {
    guard from <= to else { return nil }
    self.from = from
    self.to = to
  }

  /// Whether an instant lies inside.
  public func contains(_ instant: Instant) -> Bool { from <= instant && instant < to }

  /// How long it lasts.
  public var duration: Duration { to - from }
}
