/// How long something took, in classes: exact below 16 µs, a sixteenth of the value wide above, up to 134 s.
///
/// 3 KB once something was recorded, however much.
public struct TimeHistogram: Sendable, Equatable {
  /// Sixteen classes for each doubling.
  private static let fineness = 16
  private static let classCount = 24 * fineness

  private var counts: [Int] = []
  /// How many times were recorded.
  public private(set) var count = 0
  private var nanoseconds: UInt64 = 0
  private var longest: UInt64 = 0

  /// Nothing recorded yet.
  public init() {}

  /// The longest time, exactly.
  public var max: Duration { .nanoseconds(longest) }
  /// The mean, exactly; zero when nothing was recorded.
  public var mean: Duration { count == 0 ? .zero : .nanoseconds(nanoseconds / UInt64(count)) }
  /// What half of them did not exceed.
  public var p50: Duration { quantile(0.5) }
  /// What 95 of 100 did not exceed.
  public var p95: Duration { quantile(0.95) }
  /// What 99 of 100 did not exceed.
  public var p99: Duration { quantile(0.99) }

  /// What a share of the times did not exceed, at most a sixteenth too much; zero when nothing was recorded.
  public func quantile(_ share: Double) -> Duration {
    let wanted = Swift.min(Swift.max(1, Int((Double(count) * share).rounded(.up))), count)
    var seen = 0
    for (place, number) in counts.enumerated() where number > 0 {
      seen += number
      if seen >= wanted { return Swift.min(.microseconds(Self.end(of: place)), max) }
    }
    return .zero
  }

  /// The classes in which something was recorded: their upper ends, exclusive, and how often.
  public var classes: [(below: Duration, count: Int)] {
    counts.enumerated().filter { $0.element > 0 }.map { (.microseconds(Self.end(of: $0.offset)), $0.element) }
  }

  mutating func record(nanoseconds time: UInt64) {
    if counts.isEmpty { counts = Array(repeating: 0, count: Self.classCount) }
    counts[Self.place(of: time / 1000)] += 1
    count += 1
    nanoseconds &+= time
    longest = Swift.max(longest, time)
  }

  mutating func add(_ other: TimeHistogram) {
    if counts.isEmpty {
      counts = other.counts
    } else {
      for (place, number) in other.counts.enumerated() { counts[place] += number }
    }
    count += other.count
    nanoseconds &+= other.nanoseconds
    longest = Swift.max(longest, other.longest)
  }

  /// Which class some microseconds belong to: the position of the highest bit, then the four bits behind it.
  static func place(of microseconds: UInt64) -> Int {
    let number = Int(Swift.min(microseconds, (1 << 27) - 1))
    guard number >= fineness else { return number }
    let exponent = Int.bitWidth - 1 - number.leadingZeroBitCount
    return (exponent - 3) * fineness + (number >> (exponent - 4)) % fineness
  }

  /// The first microsecond above a class.
  static func end(of place: Int) -> Int {
    guard place >= fineness else { return place + 1 }
    let exponent = place / fineness + 3
    return (fineness + place % fineness + 1) << (exponent - 4)
  }
}
