import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// The catalogue, a service, and its application form.
  func addServices(to router: Router<FrontContext>) {
    get("/services", on: router) { call in
      let filter = ServiceFilter(call.query)
      let list = try await call.haiju.services.list(filter.query, as: call.actor)
      let model: Model = [
        "text": filter.text,
        "total": "\(list.total)",
        "asksPerson": call.actor.person != nil,
        "onlyOpen": filter.onlyOpen,
        "openPath": filter.path { $0.onlyOpen.toggle() },
        "area": filter.area?.rawValue ?? "", "category": filter.category,
        "areas": filter.areaFacet(list),
        "categories": filter.categoryFacet(list),
        "isFiltered": filter.isNarrowing,
        "openCount": "\(list.entries.count { $0.eligibility?.open ?? false })",
        "entries": list.entries.map(\.row), "isEmpty": list.entries.isEmpty,
      ]
      return await call.page("services", title: "人才服务", at: .services, model)
    }

    get("/services/{service}", on: router) { call in
      let entry = try await call.haiju.services.require(call.parameters.text("service", .service), as: call.actor)
      return await call.page("service", title: entry.definition.title, at: .services, entry.detail(call))
    }

    get("/services/{service}/apply", on: router) { call in try await showApplication(call) }
    post("/services/{service}/apply", on: router) { call in
      let service = try call.parameters.text("service", .service)
      // The token is spent once, so the same form can never become two cases.
      let committed = try await call.haiju.cases.submit(
        CaseDraft(service: service, form: call.form.group("f_"), idempotencyKey: call.form["form_token"]),
        as: call.actor)
      let promised = call.time.day(committed.value.promisedOn)
      return call.done("/cases/\(committed.value.id)", "申请已提交，承诺 \(promised) 前办结", mark: committed.mark)
    } again: { call in
      try await showApplication(call)
    }
  }

  /// The form of the definition; whoever may not use the service still sees why.
  private func showApplication(_ call: PageCall) async throws -> Response {
    let entry = try await call.haiju.services.require(call.parameters.text("service", .service), as: call.actor)
    _ = try call.ownPerson(for: .caseSubmit)
    var model = entry.detail(call)
    model["fields"] = entry.definition.fields.map { $0.field.model(in: call, fault: $0.name) }
    return await call.page("apply", title: "申请 \(entry.definition.title)", at: .services, model)
  }
}

/// What the list of services is narrowed to, as its address says.
struct ServiceFilter {
  var text: String
  var area: District?
  var category: String
  var onlyOpen: Bool

  init(_ query: FormBody) {
    text = query["text"]
    area = District(rawValue: query["area"])
    category = query["category"]
    onlyOpen = query["open"] == "true"
  }

  var query: ServiceQuery {
    ServiceQuery(
      text: text.isEmpty ? nil : text, area: area, category: category.isEmpty ? nil : category, onlyOpen: onlyOpen)
  }

  var isNarrowing: Bool { !text.isEmpty || area != nil || !category.isEmpty || onlyOpen }

  /// The address of the list with one condition changed.
  func path(_ change: (inout ServiceFilter) -> Void) -> String {
    var other = self
    change(&other)
    var parts: [String] = []
    if !other.text.isEmpty { parts.append("text=\(percentEncoded(other.text))") }
    if let area = other.area { parts.append("area=\(area.rawValue)") }
    if !other.category.isEmpty { parts.append("category=\(percentEncoded(other.category))") }
    if other.onlyOpen { parts.append("open=true") }
    return parts.isEmpty ? "/services" : "/services?" + parts.joined(separator: "&")
  }

  func areaFacet(_ list: ServiceList) -> [Model] {
    let all: Model = ["title": "全部区域", "path": path { $0.area = nil }, "current": area == nil]
    return [all]
      + list.areaCounts.map { entry in
        [
          "title": entry.area.title, "count": "\(entry.count)", "path": path { $0.area = entry.area },
          "current": area == entry.area,
        ]
      }
  }

  func categoryFacet(_ list: ServiceList) -> [Model] {
    let all: Model = ["title": "全部类别", "path": path { $0.category = "" }, "current": category.isEmpty]
    return [all]
      + list.categoryCounts.map { entry in
        [
          "title": entry.category, "count": "\(entry.count)", "path": path { $0.category = entry.category },
          "current": category == entry.category,
        ]
      }
  }
}

extension ServiceEntry {
  /// The address of the service's page.
  var path: String { "/services/\(percentEncoded(definition.id))" }

  /// A line of the list.
  var row: Model {
    var model: Model = [
      "title": definition.title, "summary": definition.summary, "path": path, "area": definition.area.title,
      "category": definition.category, "isSample": definition.isSample,
    ]
    model["eligibility"] = eligibility?.model
    return model
  }

  /// Everything about the service.
  func detail(_ call: PageCall) -> Model {
    let service = definition
    var model = row
    model["description"] = service.description
    model["unitName"] = service.unitName
    model["channel"] = service.channel.title
    model["external"] = service.channel == .external
    model["days"] = "\(service.timeLimitDays)"
    model["steps"] = service.steps
    model["materials"] = service.materials.map { ["name": $0.name, "required": $0.required] as Model }
    model["hasMaterials"] = !service.materials.isEmpty
    model["conditions"] = service.audience.conditions
    model["titleEnglish"] = service.titleEnglish
    model["applyPath"] = "\(path)/apply"
    model["canApply"] = (eligibility?.open ?? false) && service.channel != .external
    model["cannotApply"] = !(eligibility?.open ?? true)
    model["asksToSignIn"] = !call.isSignedIn
    model["signInPath"] = "/signin?next=\(percentEncoded("\(path)"))"
    return model
  }
}

extension ServiceDefinition.Audience {
  /// The conditions in sentences, for readers who are not signed in too.
  var conditions: [String] {
    var sentences: [String] = []
    if certified { sentences.append("已完成人才认定且在有效期内") }
    if !levels.isEmpty { sentences.append("人才层次为 \(levels.map(\.rawValue).joined(separator: "、")) 类（示例）") }
    if !districts.isEmpty { sentences.append("用人单位在\(districts.map(\.title).joined(separator: "、"))") }
    return sentences.isEmpty ? ["全部已注册人才"] : sentences
  }
}

extension FormField {
  /// The field on the page; names get a prefix so that no definition can name a field of ours.
  var field: FieldModel {
    let kind: FieldModel.Kind =
      switch type {
      case .text: .text
      case .number: .number(step: "0.1")
      case .date, .pastDate: .day
      case .choice: .choice([.init(value: "", label: "请选择")] + options.map { .init(value: $0, label: $0) })
      }
    return FieldModel(name: "f_\(name)", label: label, kind: kind, help: help, required: required)
  }
}
