public import Kernel

/// A file of readings as a device or a program exports it.
public struct ReadingFile: Sendable {
  /// What the values are.
  public let kind: ReadingKind
  /// The text, UTF-8.
  public let bytes: [UInt8]
  /// When the first value was taken, for files without times.
  public let startsAt: Instant?
  /// How many values a second, for files of values alone.
  public let samplesPerSecond: Double?

  /// A file of readings.
  public init(kind: ReadingKind, bytes: [UInt8], startsAt: Instant? = nil, samplesPerSecond: Double? = nil) {
    self.kind = kind
    self.bytes = bytes
    self.startsAt = startsAt
    self.samplesPerSecond = samplesPerSecond
  }

  /// At most so many lines; a longer file is to be sent in parts.
  public static let maximumLines = 200_000
}

/// A line that could not be used.
public struct LineFault: Sendable, Hashable, Codable {
  /// Counted from 1, the head line included.
  public let line: Int
  /// What is wrong with it, in Chinese.
  public let message: String
}
