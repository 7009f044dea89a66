public import Kernel
import Relational
import TimeSeries

/// Health readings: typed one by one or uploaded as a file, shown as trends, watched by rules.
///
/// Readings do not pass through the outbox: points, alerts, notices and the audit row are one PostgreSQL transaction.
public struct Readings: Sendable {
  let core: Core

  /// Records what a person measured at one moment.
  ///
  /// All values or none: one outside its kind's range is refused by name. One commit. The same value of the same
  /// moment again changes nothing.
  public func record(
    _ values: [ReadingValue], at time: Instant, of person: PersonID, as actor: Actor
  ) async throws(HaijuError) -> Committed<ReadingOutcome> {
    try await core.act(as: actor) { action in
      try action.begin(.readingRecord, .person(person))
      try await action.readings.requireOwn(person)
      try action.readings.check(values, at: time)
      var stored = 0
      var alerts: [ReadingAlert] = []
      for value in values {
        let point = Point(time: time, value: value.value)
        let written = try await action.readings.write([point], value.kind, of: person)
        stored += written.report.stored
        alerts += written.alerts
      }
      action.record(.readingRecord, .person(person))
      return ReadingOutcome(stored: stored, alerts: alerts)
    }
  }

  /// Stores the good lines of a file, all in one commit, and says which lines were not good.
  ///
  /// Sending the file again changes nothing. Values outside the kind's range are kept aside. Lines that cannot be read
  /// are named; a file without a single good line is `.invalid`. Cost grows with the lines: binary COPY, two statements.
  public func upload(
    _ file: ReadingFile, of person: PersonID, as actor: Actor
  ) async throws(HaijuError) -> Committed<UploadOutcome> {
    // Read before the transaction, which would hold a connection meanwhile.
    let content = try await core.read(.readingUpload, .person(person), as: actor) {
      guard actor.role == .system || actor.person == person else { throw HaijuError.notFound(.person) }
      let content = try ReadingFileParser(file: file).parse()
      guard !content.points.isEmpty else {
        let first = content.faults.first.map { "（第 \($0.line) 行：\($0.message)）" } ?? ""
        throw HaijuError.invalid([FieldFault("file", "no_readings", "文件里没有一行能识别的读数\(first)，什么都没有保存")])
      }
      return content
    }
    return try await core.act(as: actor) { action in
      try action.begin(.readingUpload, .person(person))
      let written = try await action.readings.write(content.points, file.kind, of: person)
      action.record(.readingUpload, .person(person))
      return UploadOutcome(
        stored: written.report.stored, duplicates: written.report.duplicates, refused: written.report.refused,
        unreadable: content.faults.count, faults: Array(content.faults.prefix(20)), alerts: written.alerts)
    }
  }

  /// Readings of one kind over a span, few enough for a chart; without a span, those of the 30 days up to the newest.
  ///
  /// Up to 20 000 readings are thinned so that the shape stays (largest triangles); more are averaged by PostgreSQL in
  /// 500 buckets. Three round trips, four when there are more.
  public func trend(
    of person: PersonID, _ kind: ReadingKind, from: Instant? = nil, to: Instant? = nil, as actor: Actor
  ) async throws(HaijuError) -> Trend {
    try await core.read(.readingRead, .person(person), as: actor) {
      guard actor.role == .system || actor.person == person else { throw HaijuError.notFound(.person) }
      let order = HaijuError.invalid([FieldFault("to", "order", "结束时间要晚于开始时间")])
      if let from, let to, from >= to { throw order }
      let now = core.clock.now()
      guard let series = try await core.series.find(subject: person.uuid, kind: kind.rawValue, in: core.database),
        let latest = try await core.series.latest([series])[series]
      else {
        return Trend(
          kind: kind, from: from ?? now - .seconds(30 * 86_400), to: to ?? now, points: [], latest: nil, total: 0)
      }
      let end = to ?? latest.time + .microseconds(1)
      guard var range = TimeRange(from: from ?? end - .seconds(30 * 86_400), to: end) else { throw order }
      let raw = try await core.series.range(series, range, limit: Self.mostPointsRead + 1)
      if from == nil, let first = raw.first {
        // The chart begins with the first reading: a sensor's twenty minutes must not be one dot in a month.
        range = TimeRange(from: first.time, to: end) ?? range
      }
      let (points, total) = try await thinned(raw, series, range)
      return Trend(
        kind: kind, from: range.from, to: range.to, points: points,
        latest: TrendPoint(time: latest.time, value: latest.value), total: total)
    }
  }

  /// The alerts of a person, newest first; at most 100. One round trip.
  public func alerts(of person: PersonID, as actor: Actor) async throws(HaijuError) -> [ReadingAlert] {
    try await core.read(.readingRead, .person(person), as: actor) {
      guard actor.role == .system || actor.person == person else { throw HaijuError.notFound(.person) }
      return try await core.database.query(ReadingStatements.alerts, person)
    }
  }

  /// Points as read when they are few, their buckets when they are not.
  private func thinned(
    _ raw: [Point], _ series: SeriesID, _ range: TimeRange
  ) async throws -> ([TrendPoint], Int64) {
    if raw.count <= Self.mostPointsRead {
      let kept = Downsampling.largestTriangles(raw, count: 500)
      return (kept.map { TrendPoint(time: $0.time, value: $0.value) }, Int64(raw.count))
    }
    let width = Duration.microseconds(max(1, range.duration.inMicroseconds / 500 + 1))
    let buckets = try await core.series.buckets(series, range, width: width)
    return (buckets.map { TrendPoint(time: $0.start, value: $0.mean) }, buckets.reduce(0) { $0 + $1.count })
  }

  private static let mostPointsRead = 20_000
}
