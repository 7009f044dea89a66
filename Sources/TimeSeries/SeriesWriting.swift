import Kernel
public import Relational

extension SeriesStore {
  /// Points up to this number go as arrays in one statement; more go by COPY, which pays from about here on.
  static let fewPoints = 500

  /// Refused points kept aside in one statement.
  private static let refusedAtOnce = 10_000

  /// Stores points of one series; sending them again, in any order, changes nothing.
  ///
  /// Part of the caller's transaction: nothing is kept unless that commits. A point is known by series, time and
  /// sequence; the first one stored stays. Points that the series or the policy does not accept are kept aside in
  /// `series_quarantine` and counted, each at most once however often it is sent. The three numbers of the report add
  /// up to the points given. Months without a partition get one, held against other makers until the commit.
  ///
  /// Costs three round trips up to 500 points, seven and a COPY above, one more for each 10,000 refused. Throws
  /// `SeriesError.unknownSeries`, or `RelationalError`. Cancelling fails the transaction.
  public func write(_ series: SeriesID, _ points: [Point], in transaction: Transaction) async throws -> WriteReport {
    guard !points.isEmpty else { return WriteReport() }
    guard let definition = try await definition(series, in: transaction) else {
      throw SeriesError.unknownSeries(series)
    }
    let admission = Admission(points, range: definition.range, policy: policy, now: clock.now())
    var stored = 0
    if !admission.accepted.isEmpty {
      _ = try await transaction.query(SeriesStatements.ensurePartitions, admission.months.map(\.firstDay))
      stored =
        admission.accepted.count <= Self.fewPoints
        ? try await insertFew(series, admission.accepted, in: transaction)
        : try await insertMany(series, admission.accepted, in: transaction)
    }
    try await keepAside(series, admission.refused, in: transaction)
    return WriteReport(
      stored: stored, duplicates: admission.accepted.count - stored, refused: admission.refused.count)
  }

  /// Makes the partitions that a range touches, ahead of its points; true for each month that had none.
  ///
  /// A job calls it so that writers find their month and never wait for each other. At most a year ahead.
  @discardableResult
  public func ensurePartitions(_ range: TimeRange, in queryable: some Queryable) async throws(RelationalError) -> [Bool]
  {
    try await queryable.query(SeriesStatements.ensurePartitions, range.months.map(\.firstDay))
  }

  private func insertFew(_ series: SeriesID, _ points: [Point], in transaction: Transaction) async throws -> Int {
    try await transaction.execute(
      SeriesStatements.insertFew, series, points.map(\.time), points.map(\.sequence), points.map(\.value))
  }

  private func insertMany(_ series: SeriesID, _ points: [Point], in transaction: Transaction) async throws -> Int {
    if try await transaction.first(SeriesStatements.stagingExists) == true {
      _ = try await transaction.execute(SeriesStatements.stagingClear)
    } else {
      _ = try await transaction.execute(SeriesStatements.stagingCreate)
    }
    _ = try await transaction.copyIn(SeriesStatements.stage, points) { point, row in
      row.append(point.time)
      row.append(point.sequence)
      row.append(point.value)
    }
    return try await transaction.execute(SeriesStatements.insertStaged, series)
  }

  private func keepAside(
    _ series: SeriesID, _ refused: [(point: Point, reason: RefusalReason)], in transaction: Transaction
  ) async throws {
    for start in stride(from: 0, to: refused.count, by: Self.refusedAtOnce) {
      let some = refused[start..<min(start + Self.refusedAtOnce, refused.count)]
      _ = try await transaction.execute(
        SeriesStatements.refuse, series, some.map(\.point.time.microseconds), some.map(\.point.sequence),
        some.map(\.point.value), some.map(\.reason))
    }
  }
}
