import Kernel
public import Relational

extension SeriesStore {
  /// The most buckets that one call answers.
  public static let bucketLimit = 100_000

  /// Points of a range in order of time and sequence, at most `limit`; `after` continues behind a point.
  ///
  /// One round trip; reads only the partitions of the range.
  public func range(
    _ series: SeriesID, _ range: TimeRange, after: Point? = nil, limit: Int, in queryable: (any Queryable)? = nil
  ) async throws(RelationalError) -> [Point] {
    let source = queryable ?? database
    let limit = max(0, limit)
    guard let after else {
      return try await source.query(SeriesStatements.range, series, range.from, range.to, limit)
    }
    return try await source.query(
      SeriesStatements.rangeAfter, series, range.from, range.to, after.time, after.sequence, limit)
  }

  /// Count, sum, extremes, first and last of each stretch of a fixed width, in order; empty stretches are left out.
  ///
  /// Stretches are counted from 1970-01-01T00:00:00Z; the first and the last one hold only the points that lie in the
  /// range. One round trip. Throws `SeriesError.invalidWidth` below a microsecond, `SeriesError.tooManyBuckets`.
  public func buckets(
    _ series: SeriesID, _ range: TimeRange, width: Duration, in queryable: (any Queryable)? = nil
  ) async throws -> [Bucket] {
    // A width beyond a thousand years overflows PostgreSQL's intervals and means nothing.
    guard width >= .microseconds(1), width < .seconds(86_400 * 366_000) else { throw SeriesError.invalidWidth }
    guard range.duration / Double(Self.bucketLimit) <= width else {
      throw SeriesError.tooManyBuckets(limit: Self.bucketLimit)
    }
    return try await (queryable ?? database).query(
      SeriesStatements.buckets, series, range.from, range.to, width.inMicroseconds)
  }

  /// The same by days, weeks from Monday or months as they pass in a time zone (`Asia/Shanghai`).
  ///
  /// Days of 23 and 25 hours are one bucket each; each point is in exactly one. One round trip. A zone that the server
  /// does not know is a `RelationalError` with SQLSTATE 22023.
  public func civilBuckets(
    _ series: SeriesID, _ range: TimeRange, by unit: CivilUnit, zone: String, in queryable: (any Queryable)? = nil
  ) async throws(RelationalError) -> [CivilBucket] {
    try await (queryable ?? database).query(
      SeriesStatements.civilBuckets, series, range.from, range.to, unit.rawValue, zone)
  }

  /// The newest point of each series that has one. One round trip, one index look-up a series.
  public func latest(_ series: [SeriesID], in queryable: (any Queryable)? = nil) async throws(RelationalError)
    -> [SeriesID: Point]
  {
    guard !series.isEmpty else { return [:] }
    let rows = try await (queryable ?? database).query(SeriesStatements.latest, Array(Set(series)))
    return Dictionary(rows.map { ($0.series, $0.point) }, uniquingKeysWith: { first, _ in first })
  }

  /// Points that were refused, newest refusals first, at most `limit`. One round trip.
  public func quarantined(
    _ series: SeriesID, limit: Int, in queryable: (any Queryable)? = nil
  ) async throws(RelationalError) -> [RefusedPoint] {
    try await (queryable ?? database).query(
      SeriesStatements.quarantined, series, max(0, limit))
  }
}
