import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// The own cases: list, timeline, correction, withdrawal and rating.
  func addCases(to router: Router<FrontContext>) {
    get("/me/cases", on: router) { call in
      _ = try call.ownPerson(for: .caseRead)
      let request = PageRequest(size: 30, after: call.query.optional("after"))
      let page = try await call.haiju.cases.list(.mine, page: request, as: call.actor)
      var model: Model = ["cases": page.items.map { $0.row(call.time) }, "isEmpty": page.items.isEmpty]
      model["next"] = page.next.map { "/me/cases?after=\(percentEncoded($0))" }
      return await call.page("cases", title: "我的办件", at: .cases, model)
    }

    get("/cases/{case}", on: router) { call in
      // Links in notices and mails lead here; a clerk works at the desk.
      if call.actor.role == .windowClerk { return .seeOther("/desk?case=\(call.parameters.get("case") ?? "")") }
      return try await showCase(call)
    }
    post("/cases/{case}/withdraw", on: router) { call in
      let id: ServiceCaseID = try call.id("case", .serviceCase)
      let committed = try await call.haiju.cases.withdraw(id, as: call.actor)
      return call.done("/cases/\(id)", "申请已撤回", mark: committed.mark)
    } again: { call in
      try await showCase(call)
    }
    post("/cases/{case}/resubmit", on: router) { call in
      let id: ServiceCaseID = try call.id("case", .serviceCase)
      let committed = try await call.haiju.cases.resubmit(id, form: call.form.group("f_"), as: call.actor)
      return call.done("/cases/\(id)", "已补正并再次提交", mark: committed.mark)
    } again: { call in
      try await showCase(call)
    }
    post("/cases/{case}/rating", on: router) { call in
      let id: ServiceCaseID = try call.id("case", .serviceCase)
      guard let score = Int(call.form["score"]) else {
        throw Refusal.invalid(.invalid([FieldFault("score", "required", "请选择评分")]))
      }
      let committed = try await call.haiju.cases.rate(
        id, score: score, comment: call.form.optional("comment"), as: call.actor)
      return call.done("/cases/\(id)", "感谢您的评价", mark: committed.mark)
    } again: { call in
      try await showCase(call)
    }
  }

  /// A case with its steps; the buttons are those that the workflow allows now.
  private func showCase(_ call: PageCall) async throws -> Response {
    let id: ServiceCaseID = try call.id("case", .serviceCase)
    let found = try await call.haiju.cases.require(id, as: call.actor)
    let steps = try await call.haiju.cases.steps(id, as: call.actor)
    var model = found.row(call.time)
    model["steps"] = steps.map { $0.model(call.time) }
    model["form"] = found.form.map { ["label": $0.label, "value": readableDate($0.value)] as Model }
    model["nextStep"] = found.state.nextStep
    let actions = call.haiju.cases.actions(on: found, as: call.actor)
    model["canWithdraw"] = actions.contains(.withdraw)
    model["canRate"] = actions.contains(.rate)
    // The form of the definition in use, filled with what was sent before.
    if actions.contains(.resubmit) {
      let service = try await call.haiju.services.require(found.serviceID, as: call.actor)
      let values = Dictionary(found.form.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
      model["correction"] =
        [
          "fields": service.definition.fields.map { field in
            var filled = field.field
            filled.value = values[field.name] ?? ""
            return filled.model(in: call, fault: field.name)
          }
        ] as Model
    }
    model["returnReason"] = steps.last { $0.action == .sendBack }?.comment
    if let rating = found.rating { model["rating"] = rating.model }
    model["scores"] = (1...5).reversed().map { ["value": "\($0)", "title": ratingTitle($0)] as Model }
    model["scoreError"] = call.fault("score")
    model["comment"] = FieldModel(name: "comment", label: "评语", kind: .lines, required: false).model(in: call)
    return await call.page("case", title: found.serviceTitle, at: .cases, model)
  }
}

extension ServiceCase.Rating {
  var model: Model {
    var model: Model = ["score": "\(score)", "title": ratingTitle(score)]
    model["comment"] = comment
    return model
  }
}

extension CaseState {
  /// What the applicant can expect now; `nil` where the page itself asks for something or all is over.
  fileprivate var nextStep: String? {
    switch self {
    case .submitted: "不需要您做什么，等待窗口受理。每有进展都会发到"
    case .accepted: "不需要您做什么，窗口正在办理。办结后会发到"
    case .returned, .completed, .refused, .withdrawn: nil
    }
  }
}

/// What a score means.
func ratingTitle(_ score: Int) -> String {
  switch score {
  case 5: "非常满意"
  case 4: "满意"
  case 3: "基本满意"
  case 2: "不满意"
  default: "非常不满意"
  }
}
