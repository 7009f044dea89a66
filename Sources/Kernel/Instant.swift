/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The resolution of PostgreSQL's `timestamptz`, so a value survives a round trip unchanged. BSON dates keep only
/// milliseconds; see `truncatedToMilliseconds`.
public struct Instant: Hashable, Comparable, Sendable {
  /// Microseconds since 1970, negative before.
  public let microseconds: Int64

  /// From microseconds since 1970.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// From milliseconds since 1970.
  public init(milliseconds: Int64) { microseconds = milliseconds * 1000 }

  /// From whole seconds since 1970.
  public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

  /// Milliseconds since 1970, rounded towards the past.
  public var milliseconds: Int64 { floorDivide(microseconds, 1000) }

  /// The same instant without its microseconds, as BSON keeps it.
  public var truncatedToMilliseconds: Instant { Instant(milliseconds: milliseconds) }

  /// Earlier is less.
  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

  /// Later by a duration; the part below a microsecond is dropped.
  public static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(microseconds: instant.microseconds + duration.inMicroseconds)
  }

  /// Earlier by a duration; the part below a microsecond is dropped.
  public static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(microseconds: instant.microseconds - duration.inMicroseconds)
  }

  /// The time from one instant to another.
  public static func - (left: Instant, right: Instant) -> Duration {
    .microseconds(left.microseconds - right.microseconds)
  }
}

extension Duration {
  /// Whole microseconds; what is below is dropped.
  public var inMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }

  /// Seconds as a floating-point number, for printing and statistics.
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}

extension Instant: LosslessStringConvertible {
  /// ISO 8601 in UTC, with as many of six fraction digits as needed: `2026-11-23T06:30:00.25Z`.
  public var description: String {
    let (days, rest) = floorDivideWithRemainder(microseconds, 86_400_000_000)
    let seconds = rest / 1_000_000
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }.joined(separator: ":")
    var fraction = padded(rest % 1_000_000, to: 6)
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(CivilDate(daysSince1970: Int(days)))T\(clock)\(fraction.isEmpty ? "" : "." + fraction)Z"
  }

  /// Reads ISO 8601 with a zone: `Z`, `+08:00` or `+0800`; up to six fraction digits. `nil` for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
      let date = CivilDate(String(decoding: bytes[0..<10], as: UTF8.self)),
      let hour = number(bytes[11..<13], below: 24), bytes[13] == UInt8(ascii: ":"),
      let minute = number(bytes[14..<16], below: 60), bytes[16] == UInt8(ascii: ":"),
      let second = number(bytes[17..<19], below: 60)
    else { return nil }
    var rest = bytes[19...]
    var fraction: Int64 = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      guard (1...6).contains(digits.count), let value = number(digits, below: 1_000_000) else { return nil }
      fraction = (digits.count..<6).reduce(value) { scaled, _ in scaled * 10 }
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = zoneOffset(rest) else { return nil }
    let seconds = Int64(date.daysSince1970) * 86_400 + hour * 3600 + minute * 60 + second - offset
    microseconds = seconds * 1_000_000 + fraction
  }
}

extension Instant: Codable {
  /// Reads ISO 8601; throws `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let instant = Instant(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not ISO 8601"))
    }
    self = instant
  }

  /// Writes ISO 8601.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Seconds east of UTC from `Z`, `+hh:mm` or `+hhmm`.
private func zoneOffset(_ text: ArraySlice<UInt8>) -> Int64? {
  if text.elementsEqual("Z".utf8) { return 0 }
  let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
  guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 4,
    let hours = number(digits[0..<2], below: 24), let minutes = number(digits[2..<4], below: 60)
  else { return nil }
  return (sign == UInt8(ascii: "+") ? 1 : -1) * (hours * 3600 + minutes * 60)
}
