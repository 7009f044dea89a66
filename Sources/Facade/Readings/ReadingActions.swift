import Foundation
import Kernel
import Relational
import TimeSeries

extension Action {
  /// Readings within this action.
  var readings: ReadingActions { ReadingActions(action: self) }
}

/// Writes points and raises the alerts that they call for, in the transaction of the action.
struct ReadingActions: Sendable {
  let action: Action

  /// Readings from before any of today's devices are mistakes, and each old month would be a partition.
  static let earliest = Instant(seconds: 946_684_800)

  /// A person's readings are written by that person only.
  func requireOwn(_ person: PersonID) async throws {
    guard action.actor.role == .system || action.actor.person == person else { throw HaijuError.notFound(.person) }
  }

  /// Refuses values that no device shows, and times that have not come yet.
  func check(_ values: [ReadingValue], at time: Instant) throws(HaijuError) {
    var faults = values.filter { !$0.kind.range.contains($0.value) }.map { value in
      let range = value.kind.range
      return FieldFault(
        value.kind.rawValue, "range",
        "\(value.kind.title)应在 \(plain(range.lowerBound)) 到 \(plain(range.upperBound)) \(value.kind.unit)之间，请检查")
    }
    if values.isEmpty { faults.append(FieldFault("values", "required", "请至少填写一项读数")) }
    if Set(values.map(\.kind)).count != values.count {
      faults.append(FieldFault("values", "repeated", "同一种读数只能填写一次"))
    }
    let pressures = values.filter { $0.kind == .systolic || $0.kind == .diastolic }
    if pressures.count == 1 {
      let missing: ReadingKind = pressures[0].kind == .systolic ? .diastolic : .systolic
      faults.append(FieldFault(missing.rawValue, "required", "血压请同时填写收缩压和舒张压"))
    } else if let high = pressures.first(where: { $0.kind == .systolic }),
      let low = pressures.first(where: { $0.kind == .diastolic }), high.value <= low.value
    {
      faults.append(FieldFault("systolic", "order", "收缩压应高于舒张压，请检查是否填反"))
    }
    if time > action.now + .seconds(300) {
      faults.append(FieldFault("at", "future", "测量时间还没有到，请检查日期和时间"))
    } else if time < Self.earliest {
      faults.append(FieldFault("at", "too_early", "测量时间太早，请检查年份"))
    }
    if !faults.isEmpty { throw .invalid(faults) }
  }

  /// Writes points of one kind; points outside the kind's range are kept aside by the series.
  func write(
    _ points: [Point], _ kind: ReadingKind, of person: PersonID
  ) async throws -> (report: WriteReport, alerts: [ReadingAlert]) {
    let store = action.core.series
    let definition = SeriesDefinition(
      subject: person.uuid, kind: kind.rawValue, unit: kind.unit, range: kind.range, label: "L4")
    let series = try await store.register(definition, in: action.transaction)
    let report = try await store.write(series, points, in: action.transaction)
    return (report, try await raiseAlerts(points, kind, series, of: person))
  }

  /// One alert per rule and day; a notice for the newest of them, so that an old file does not flood the inbox.
  private func raiseAlerts(
    _ points: [Point], _ kind: ReadingKind, _ series: SeriesID, of person: PersonID
  ) async throws -> [ReadingAlert] {
    guard let rule = kind.rule, let normal = kind.normal else { return [] }
    let latest = action.now + .seconds(300)
    // What the series keeps aside raises nothing.
    let bad = points.filter {
      kind.range.contains($0.value) && !normal.contains($0.value) && $0.time >= Self.earliest && $0.time <= latest
    }
    let firstOfDay = Dictionary(grouping: bad) { CivilDate($0.time) }.compactMapValues { day in
      day.min { $0.time < $1.time }
    }
    guard !firstOfDay.isEmpty else { return [] }
    let days = firstOfDay.keys.sorted()
    let worst = days.compactMap { firstOfDay[$0] }
    let alerts = try await action.query(
      ReadingStatements.raise, days.map { _ in UUID() }, person, rule.rawValue, days, series.rawValue,
      worst.map(\.value), worst.map { $0.value > normal.upperBound ? normal.upperBound : normal.lowerBound },
      worst.map(\.time), action.now)
    if let newest = alerts.max(by: { $0.day < $1.day }) {
      let direction = newest.value > newest.threshold ? "高于" : "低于"
      action.inbox.send(
        to: person, kind: .alert, title: "\(rule.title)超出范围（示例阈值）",
        body:
          "\(kind.title) \(plain(newest.value)) \(kind.unit)，\(direction)示例阈值 \(plain(newest.threshold)) \(kind.unit)。请休息后再测；如感不适，请及时就医。",
        link: "/care", event: "alert:\(rule.rawValue):\(newest.day)")
    }
    return alerts
  }

  /// A number without a needless fraction.
  private func plain(_ number: Double) -> String {
    number == number.rounded() ? String(Int(number)) : String(number)
  }
}

enum ReadingStatements {
  /// Raises the alerts of some days; days that have one already are passed over.
  static let raise = Statement<ReadingAlert>(
    "reading.raise",
    """
    INSERT INTO reading_alert (id, person_id, rule, day, series, value, threshold, read_time, created_at)
    SELECT alert.id, $2, $3, alert.day, $5, alert.value, alert.threshold, alert.time, $9
      FROM unnest($1::uuid[], $4::date[], $6::float8[], $7::float8[], $8::timestamptz[])
             AS alert (id, day, value, threshold, time)
    ON CONFLICT ON CONSTRAINT reading_alert_once_a_day DO NOTHING
    RETURNING rule, day, value, threshold, read_time
    """)

  /// Primary key of the rule and day, newest first.
  static let alerts = Statement<ReadingAlert>(
    "reading.alerts", lane: .shared,
    """
    SELECT rule, day, value, threshold, read_time
      FROM reading_alert
     WHERE person_id = $1
     ORDER BY day DESC, rule
     LIMIT 100
    """)

  static let all: [any CataloguedStatement] = [raise, alerts]
}
