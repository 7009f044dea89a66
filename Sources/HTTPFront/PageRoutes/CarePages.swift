import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// Readings: typed or from a file, and what became of them.
  func addCare(to router: Router<FrontContext>) {
    get("/care", on: router) { call in try await showCare(call) }
    post("/care", on: router) { call in
      let person = try call.ownPerson(for: .readingRecord)
      let committed = try await call.haiju.readings.record(
        try call.typedReadings(), at: try call.typedTime("at") ?? call.site.clock.now().truncatedToMilliseconds,
        of: person, as: call.actor)
      let alerts = committed.value.alerts
      let message = alerts.isEmpty ? "已记录" : "已记录；有读数超过参考范围（示例），预警已发到消息中"
      return call.done(
        "/care?kind=\((call.form.optional("show").flatMap(ReadingKind.init) ?? .systolic).rawValue)", message,
        asks: !alerts.isEmpty, mark: committed.mark)
    } again: { call in
      try await showCare(call)
    }
    post("/care/upload", on: router, limit: Request.uploadLimit + Request.formLimit) { call in
      let person = try call.ownPerson(for: .readingUpload)
      let file = try call.readingFile()
      let committed = try await call.haiju.readings.upload(file, of: person, as: call.actor)
      let outcome = committed.value
      let hasGaps = outcome.unreadable > 0 || outcome.refused > 0 || !outcome.alerts.isEmpty
      return call.done("/care?kind=\(file.kind.rawValue)", outcome.message, asks: hasGaps, mark: committed.mark)
    } again: { call in
      try await showCare(call)
    }
  }

  /// One kind's trend, both forms and the alerts on one page.
  private func showCare(_ call: PageCall) async throws -> Response {
    let person = try call.ownPerson(for: .readingRead)
    let chosen = call.form.optional("kind") ?? call.query["kind"]
    let kind = ReadingKind(rawValue: chosen) ?? .systolic
    let trend = try await call.haiju.readings.trend(of: person, kind, as: call.actor)
    let alerts = try await call.haiju.readings.alerts(of: person, as: call.actor)
    let model: Model = [
      "kind": kind.rawValue, "kindTitle": kind.title,
      "tabs": ReadingKind.allCases.map { other in
        ["title": other.title, "path": "/care?kind=\(other.rawValue)", "current": other == kind] as Model
      },
      "trend": trend.model(call.time),
      "typed": typedFields(call),
      "upload": uploadFields(call, kind),
      "alerts": alerts.prefix(10).map { $0.model(call.time) }, "noAlerts": alerts.isEmpty,
    ]
    return await call.page("care", title: "爱心看护", at: .care, model)
  }

  /// All kinds at once: a cuff shows pressure and pulse together. None is required, one is needed.
  private func typedFields(_ call: PageCall) -> [Model] {
    let values = PageCall.typedKinds.map { kind in
      FieldModel(
        name: kind.rawValue, label: kind.title, kind: .number(step: "0.1"), unit: kind.unit, required: false,
        marksOptional: false
      ).model(in: call)
    }
    let now = ShanghaiTime.field(call.site.clock.now())
    return values + [FieldModel(name: "at", label: "测量时间", kind: .moment, value: now).model(in: call)]
  }

  /// Start and rate are asked for because many devices write values alone.
  private func uploadFields(_ call: PageCall, _ kind: ReadingKind) -> [Model] {
    let kinds: [ReadingKind] = [.heartRate, .pulseSignal, .bloodGlucose, .systolic, .diastolic]
    return [
      FieldModel(
        name: "kind", label: "文件里是什么", kind: .choice(kinds.map { .init(value: $0.rawValue, label: $0.title) }),
        value: kinds.contains(kind) && kind != .systolic ? kind.rawValue : ReadingKind.heartRate.rawValue
      ).model(in: call),
      FieldModel(
        name: "file", label: "读数文件", kind: .file(accept: ".csv,.txt,text/csv,text/plain"),
        help: "CSV 或文本，最大 8 MB；重复上传同一文件不会重复存入"
      ).model(in: call),
      FieldModel(
        name: "startsAt", label: "第一条读数的时间", kind: .moment, help: "文件里没有时间时填写", required: false
      ).model(in: call),
      FieldModel(
        name: "samplesPerSecond", label: "每秒条数", kind: .number(step: "0.1"), help: "文件里没有时间时填写，例如 100",
        required: false
      ).model(in: call),
    ]
  }
}

extension PageCall {
  /// What can be typed by hand; a sensor's signal cannot.
  static let typedKinds: [ReadingKind] = [.systolic, .diastolic, .heartRate, .bloodGlucose]

  /// The numbers that were typed; at least one is needed.
  fileprivate func typedReadings() throws -> [ReadingValue] {
    var values: [ReadingValue] = []
    var faults: [FieldFault] = []
    for kind in Self.typedKinds {
      guard let text = form.optional(kind.rawValue) else { continue }
      if let number = Double(text), number.isFinite {
        values.append(ReadingValue(kind: kind, value: number))
      } else {
        faults.append(
          FieldFault(kind.rawValue, "number", "\(kind.title)应为数字，例如 \(kind == .bloodGlucose ? "5.6" : "120")"))
      }
    }
    if values.isEmpty, faults.isEmpty { faults.append(FieldFault("", "required", "请至少填写一项读数")) }
    guard faults.isEmpty else { throw Refusal.invalid(.invalid(faults)) }
    return values
  }

  /// A time from a browser's field; `nil` when it was left empty.
  fileprivate func typedTime(_ field: String) throws -> Instant? {
    guard let text = form.optional(field) else { return nil }
    guard let instant = ShanghaiTime.parse(text) else {
      throw Refusal.invalid(.invalid([FieldFault(field, "instant", "时间应写成 2026-11-23T14:30 的形式")]))
    }
    return instant
  }

  /// The file that was chosen, with what is known about it.
  fileprivate func readingFile() throws -> ReadingFile {
    var faults: [FieldFault] = []
    let file = form.file("file")
    if file == nil { faults.append(FieldFault("file", "required", "请选择一个读数文件")) }
    let kind = ReadingKind(rawValue: form["kind"])
    if kind == nil { faults.append(FieldFault("kind", "choice", "请选择文件里是什么")) }
    let rate = form.optional("samplesPerSecond")
    let knownRate = rate.flatMap { Double($0) }
    if rate != nil, knownRate == nil { faults.append(FieldFault("samplesPerSecond", "number", "每秒条数应为数字，例如 100")) }
    guard let file, let kind, faults.isEmpty else { throw Refusal.invalid(.invalid(faults)) }
    return ReadingFile(
      kind: kind, bytes: file.bytes, startsAt: try typedTime("startsAt"), samplesPerSecond: knownRate)
  }
}

extension Trend {
  func model(_ time: ShanghaiTime) -> Model {
    var model: Model = [
      "svg": TrendChart(trend: self, time: time, shape: .broad).svg,
      "narrowSVG": TrendChart(trend: self, time: time, shape: .narrow).svg, "isEmpty": points.isEmpty,
      "total": "\(total)",
      "title": kind.title, "unit": kind.unit, "isThinned": Int64(points.count) < total, "shown": "\(points.count)",
      // The newest first, as one looks for them.
      "rows": points.suffix(100).reversed().map { point in
        [
          "at": time.full(point.time), "value": readable(point.value),
          "outside": kind.normal.map { !$0.contains(point.value) } ?? false,
        ] as Model
      },
    ]
    if let band = kind.normal { model["band"] = "\(readable(band.lowerBound)) 至 \(readable(band.upperBound))" }
    if let latest {
      model["latest"] = readable(latest.value)
      model["latestAt"] = time.full(latest.time)
      let outside = kind.normal.map { !$0.contains(latest.value) } ?? false
      if kind.normal != nil {
        model["latestPill"] = outside ? Meaning.attention.pill("超出参考范围") : Meaning.done.pill("在参考范围内")
      }
    }
    return model
  }
}

extension ReadingAlert {
  func model(_ time: ShanghaiTime) -> Model {
    [
      "title": AlertRule(rawValue: rule)?.title ?? rule, "value": readable(value), "threshold": readable(threshold),
      "at": time.full(readTime), "above": value > threshold,
    ]
  }
}
