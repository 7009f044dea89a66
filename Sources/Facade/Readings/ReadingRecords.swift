public import Kernel
public import Relational

/// A value of one kind.
public struct ReadingValue: Sendable, Hashable {
  /// What was measured.
  public let kind: ReadingKind
  /// The value, in the kind's unit.
  public let value: Double

  /// A value of one kind.
  public init(kind: ReadingKind, value: Double) {
    self.kind = kind
    self.value = value
  }
}

/// An alert that readings raised; at most one per rule and day.
public struct ReadingAlert: Sendable, Hashable, RowDecodable {
  /// The rule.
  public let rule: String
  /// The day of the reading, in Shanghai.
  public let day: CivilDate
  /// The value that raised it.
  public let value: Double
  /// The bound that it passed.
  public let threshold: Double
  /// When it was measured.
  public let readTime: Instant

  /// Reads the columns of its statements in order.
  public init(row: inout RowReader) throws(DecodingFailure) {
    rule = try row.next()
    day = try row.next()
    value = try row.next()
    threshold = try row.next()
    readTime = try row.next()
  }
}

/// What became of typed readings.
public struct ReadingOutcome: Sendable, Hashable {
  /// How many were new.
  public let stored: Int
  /// The alerts that they raised just now.
  public let alerts: [ReadingAlert]
}

/// What became of a file.
public struct UploadOutcome: Sendable, Hashable {
  /// Readings that are stored now and were not before.
  public let stored: Int
  /// Readings that were there already.
  public let duplicates: Int
  /// Readings outside the possible range, kept aside.
  public let refused: Int
  /// How many lines could not be read.
  public let unreadable: Int
  /// The first of those lines, at most 20.
  public let faults: [LineFault]
  /// The alerts that the file raised.
  public let alerts: [ReadingAlert]

  /// What happened, in Chinese.
  public var message: String {
    var parts = ["新存入 \(stored) 条"]
    if duplicates > 0 { parts.append("\(duplicates) 条以前已经存过，没有重复存入") }
    if refused > 0 { parts.append("\(refused) 条超出可能范围，另行保存，不计入趋势") }
    if let first = faults.first { parts.append("\(unreadable) 行无法识别，没有存入（从第 \(first.line) 行起：\(first.message)）") }
    return parts.joined(separator: "；")
  }
}

/// One point of a chart.
public struct TrendPoint: Sendable, Hashable {
  /// When.
  public let time: Instant
  /// The value, or the mean of a bucket where there are too many.
  public let value: Double
}

/// Readings of one kind over a span, few enough for a chart.
public struct Trend: Sendable, Hashable {
  /// What was measured.
  public let kind: ReadingKind
  /// The beginning of the span.
  public let from: Instant
  /// The end of the span, not in it.
  public let to: Instant
  /// At most 500 points that keep the shape.
  public let points: [TrendPoint]
  /// The newest reading of all, also outside the span.
  public let latest: TrendPoint?
  /// How many readings the span has.
  public let total: Int64
}
