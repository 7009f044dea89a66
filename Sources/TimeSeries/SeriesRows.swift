import Foundation
import Kernel
public import Relational

/// What the registry answers to a subject and kind.
struct RegisteredSeries: RowDecodable {
  let id: SeriesID
  let unit: String

  init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    unit = try row.next()
  }
}

/// The newest point of one of the series asked for.
struct LatestPoint: RowDecodable {
  let series: SeriesID
  let point: Point

  init(row: inout RowReader) throws(DecodingFailure) {
    series = try row.next()
    point = try Point(row: &row)
  }
}

extension SeriesDefinition: RowDecodable {
  /// subject, kind, unit, lowest, highest, label.
  public init(row: inout RowReader) throws(DecodingFailure) {
    let subject = try row.next(UUID.self)
    let kind = try row.next(String.self)
    let unit = try row.next(String.self)
    let lowest = try row.next(Double.self)
    let highest = try row.next(Double.self)
    // The table holds lowest <= highest; `max` keeps a broken row from being a crash.
    self.init(
      subject: subject, kind: kind, unit: unit, range: lowest...max(lowest, highest), label: try row.next())
  }
}

extension Point: RowDecodable {
  /// time, sequence, value.
  public init(row: inout RowReader) throws(DecodingFailure) {
    time = try row.next()
    sequence = try row.next()
    value = try row.next()
  }
}

extension RefusedPoint: RowDecodable {
  /// microseconds, sequence, value, reason, refused at.
  public init(row: inout RowReader) throws(DecodingFailure) {
    let time = Instant(microseconds: try row.next())
    let sequence = try row.next(Int64.self)
    point = Point(time: time, sequence: sequence, value: try row.next())
    reason = try row.next()
    refusedAt = try row.next()
  }
}

extension Bucket: RowDecodable {
  /// start, count, sum, min, max, first, last.
  public init(row: inout RowReader) throws(DecodingFailure) {
    start = try row.next()
    count = try row.next()
    sum = try row.next()
    min = try row.next()
    max = try row.next()
    first = try row.next()
    last = try row.next()
  }
}

extension CivilBucket: RowDecodable {
  /// day, then a bucket.
  public init(row: inout RowReader) throws(DecodingFailure) {
    day = try row.next()
    bucket = try Bucket(row: &row)
  }
}
