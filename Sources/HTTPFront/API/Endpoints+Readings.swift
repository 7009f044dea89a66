import Facade
import Hummingbird
import Kernel

extension Endpoint {
  private static let value: [BodyField] = [.required("kind", "读数种类"), .required("value", .number, "数值")]

  /// Health readings.
  static let readings: [Endpoint] = [
    .post(
      "/people/{person}/readings", "recordReadings", "记录同一时刻的读数",
      body: [.optional("at", "测量时间，缺省为现在"), .required("values", .list(value), "读数")]
    ) { call in
      // A missing time is now; a time that cannot be read is a fault and not now.
      let at = call.body.optionalText("at")
      guard let time = at.map({ Instant($0) }) ?? call.site.clock.now().truncatedToMilliseconds else {
        throw Refusal.invalid(.invalid([FieldFault("at", "instant", "时间应写成 2026-11-23T06:30:00Z 的形式")]))
      }
      let values = try call.body.list("values", value).enumerated().map { index, body in
        guard let kind = ReadingKind(rawValue: body.text("kind")), let number = body.number("value") else {
          throw Refusal.invalid(.invalid([FieldFault("values[\(index)].kind", "choice", "没有这一种读数，请对照接口说明")]))
        }
        return ReadingValue(kind: kind, value: number)
      }
      let committed = try await call.haiju.readings.record(
        values, at: time, of: call.id("person", .person), as: call.actor)
      return .json(committed.json(\.json), status: .created, mark: committed.mark)
    },
    // The body is the file itself, so that a device can send what it has without wrapping it.
    .upload(
      "/people/{person}/readings/upload", "uploadReadings", "上传一个读数文件", file: "text/csv",
      query: [
        "kind": "读数种类", "startsAt": "文件没有时间时，第一条读数的时间", "samplesPerSecond": "文件只有数值时，每秒条数",
      ]
    ) { call in
      guard let kind = try call.choice("kind", of: ReadingKind.self) else {
        throw Refusal.invalid(.invalid([FieldFault("kind", "required", "请说明读数种类")]))
      }
      let rate = call.query.optional("samplesPerSecond")
      guard rate.map({ Double($0) != nil }) ?? true else {
        throw Refusal.invalid(.invalid([FieldFault("samplesPerSecond", "number", "每秒条数应为数字")]))
      }
      let committed = try await call.haiju.readings.upload(
        ReadingFile(
          kind: kind, bytes: call.file, startsAt: try call.instant("startsAt"),
          samplesPerSecond: rate.flatMap { Double($0) }), of: call.id("person", .person), as: call.actor)
      return .json(committed.json(\.json), status: .created, mark: committed.mark)
    },
    .get(
      "/people/{person}/readings/{kind}", "readTrend", "一种读数的趋势，最多 500 点", query: ["from": "起", "to": "止（不含）"]
    ) { call in
      guard let kind = call.parameters.get("kind").flatMap({ ReadingKind(rawValue: $0) }) else {
        throw Refusal.noSuch(.series)
      }
      let trend = try await call.haiju.readings.trend(
        of: call.id("person", .person), kind, from: call.instant("from"), to: call.instant("to"), as: call.actor)
      return .json(trend.json)
    },
  ]
}
