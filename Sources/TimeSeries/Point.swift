public import Kernel

/// One reading of one series.
///
/// A source numbers its points so that two at the same instant stay apart and a point sent twice is known as the same.
public struct Point: Sendable, Hashable {
  /// When it was measured.
  public let time: Instant
  /// The number that its source gave it, the same on every delivery.
  public let sequence: Int64
  /// What was measured, in the unit of its series.
  public let value: Double

  /// A reading.
  public init(time: Instant, sequence: Int64 = 0, value: Double) {
    self.time = time
    self.sequence = sequence
    self.value = value
  }
}

/// What became of the points of one write; the three numbers add up to the points given.
public struct WriteReport: Sendable, Hashable {
  /// Points that are new.
  public var stored: Int
  /// Points whose series, time and sequence were there before, or came twice in this write; they changed nothing.
  public var duplicates: Int
  /// Points that the series does not accept, kept aside in `series_quarantine` with the reason.
  public var refused: Int

  /// A report of these numbers.
  public init(stored: Int = 0, duplicates: Int = 0, refused: Int = 0) {
    self.stored = stored
    self.duplicates = duplicates
    self.refused = refused
  }

  /// How many points were given.
  public var given: Int { stored + duplicates + refused }

  /// Two writes told as one.
  public static func + (left: WriteReport, right: WriteReport) -> WriteReport {
    WriteReport(
      stored: left.stored + right.stored, duplicates: left.duplicates + right.duplicates,
      refused: left.refused + right.refused)
  }
}

/// A point that was not accepted, as the quarantine keeps it.
public struct RefusedPoint: Sendable {
  /// The point as given; its value may be no number.
  public let point: Point
  /// Why it was refused.
  public let reason: RefusalReason
  /// When it was refused first.
  public let refusedAt: Instant
}
