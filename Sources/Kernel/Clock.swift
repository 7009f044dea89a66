import Foundation

/// Where the time of day comes from; a test brings its own.
public protocol WallClock: Sendable {
  /// The present instant.
  func now() -> Instant
}

/// The clock of the machine.
public struct SystemClock: WallClock {
  /// The clock of the machine.
  public init() {}

  /// The present instant, to the microsecond.
  public func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }
}
