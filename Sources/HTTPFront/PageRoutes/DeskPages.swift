import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// The queue of officers, reviewers and clerks, list and detail side by side.
  func addDesk(to router: Router<FrontContext>) {
    get("/desk", on: router) { call in try await showDesk(call) }

    post("/desk/certifications/{case}", on: router) { call in
      let id: CertificationCaseID = try call.id("case", .certificationCase)
      let revision = Int64(call.form["revision"])
      let comment = call.form.optional("comment")
      switch call.form["action"] {
      case "approve":
        let committed = try await call.haiju.certifications.approve(
          id, expecting: revision, comment: comment, as: call.actor)
        return call.done(QueuePlace(call).path(), committed.value.message, mark: committed.mark)
      case "return":
        let committed = try await call.haiju.certifications.returnForCorrection(
          id, expecting: revision, comment: comment ?? "", as: call.actor)
        return call.done(QueuePlace(call).path(), "已退回 \(committed.value.personName) 补正", mark: committed.mark)
      default: throw Refusal.invalid(.invalid([FieldFault("", "action", "请选择要做的操作")]))
      }
    } again: { call in
      try await showDesk(call)
    }

    post("/desk/cases/{case}", on: router) { call in
      let id: ServiceCaseID = try call.id("case", .serviceCase)
      let committed = try await decide(id, call)
      // A case that is still open stays on the screen for its next step.
      let path = QueuePlace(call).path(to: committed.value.state.isFinished ? nil : "\(id)")
      return call.done(path, "\(committed.value.serviceTitle)：\(committed.value.state.title)", mark: committed.mark)
    } again: { call in
      try await showDesk(call)
    }

    post("/desk/people/{person}/reveal", on: router) { call in
      let person: PersonID = try call.id("person", .person)
      let field = PersonalField(rawValue: call.form["field"]) ?? .phone
      let value = try await call.haiju.people.reveal(
        field, of: person, purpose: call.form["purpose"], as: call.actor)
      return try await showDesk(call, revealed: (field, value))
    } again: { call in
      try await showDesk(call)
    }
  }

  /// Carries out the button that was pressed, on the revision that the clerk had in front of them.
  private func decide(_ id: ServiceCaseID, _ call: PageCall) async throws -> Committed<ServiceCase> {
    let revision = Int64(call.form["revision"])
    let text = call.form.optional("comment")
    let cases = call.haiju.cases
    switch CaseAction(rawValue: call.form["action"]) {
    case .accept: return try await cases.accept(id, expecting: revision, comment: text, as: call.actor)
    case .complete: return try await cases.complete(id, expecting: revision, result: text ?? "", as: call.actor)
    case .sendBack: return try await cases.sendBack(id, expecting: revision, comment: text ?? "", as: call.actor)
    case .refuse: return try await cases.refuse(id, expecting: revision, comment: text ?? "", as: call.actor)
    default: throw Refusal.invalid(.invalid([FieldFault("", "action", "请选择要做的操作")]))
    }
  }

  private func showDesk(_ call: PageCall, revealed: (PersonalField, String)? = nil) async throws -> Response {
    guard call.isSignedIn else { throw HaijuError.unauthenticated }
    guard call.actor.role.hasDesk else { throw HaijuError.forbidden(.certificationQueue) }
    var model =
      call.actor.role == .windowClerk
      ? try await caseDesk(call) : try await certificationDesk(call, revealed: revealed)
    model["wide"] = true
    return await call.page("desk", title: "待办", at: .desk, model)
  }

  /// The case on the right: the one asked for, the one just acted on, or none.
  private func chosen(_ call: PageCall) -> String {
    call.parameters.get("case") ?? call.form.optional("case") ?? call.query["case"]
  }

  /// The queue of certifications; without a choice the oldest is opened, because it is next.
  private func certificationDesk(_ call: PageCall, revealed: (PersonalField, String)?) async throws -> Model {
    var place = QueuePlace(call)
    var queue = try await call.haiju.certifications.queue(page: place.request, as: call.actor)
    if queue.items.isEmpty, place.leave() {
      queue = try await call.haiju.certifications.queue(page: place.request, as: call.actor)
    }
    let asked = chosen(call)
    let id = CertificationCaseID(asked) ?? queue.items.first?.id
    let isOfficer = call.actor.role == .employerOfficer
    var model: Model = [
      "heading": call.actor.role == .reviewer ? "待主管部门审核" : "待单位审核", "isChosen": !asked.isEmpty,
      "count": "\(queue.items.count)\(queue.next == nil ? "" : "+")", "isEmpty": queue.items.isEmpty,
      "rows": queue.items.map { item in
        [
          "path": place.path(to: "\(item.id)"), "title": item.personName,
          // An officer knows the employer; what tells the people apart is what they do.
          "note": isOfficer ? item.degree.title + (item.jobTitle.map { " · \($0)" } ?? "") : item.employerName,
          "at": call.time.full(item.submittedAt), "isSample": item.isSample, "current": item.id == id,
        ] as Model
      },
    ]
    place.fill(&model, next: queue.next)
    if let employer = call.actor.employer {
      model["queueOf"] = try await call.haiju.employers.require(employer, as: call.actor).name
    }
    guard let id else { return model }
    let found = try await call.haiju.certifications.require(id, as: call.actor)
    let person = try await call.haiju.people.require(found.person, as: call.actor)
    let steps = try await call.haiju.certifications.steps(id, as: call.actor)
    var detail = person.detail(call)
    detail["caseID"] = "\(id)"
    detail["revision"] = "\(found.revision)"
    detail["pill"] = found.state.pill
    detail["submittedAt"] = call.time.full(found.submittedAt)
    detail["steps"] = steps.map { $0.model(call.time) }
    detail["personID"] = "\(person.id)"
    detail["canReveal"] = Operation.personReveal.roles.contains(call.actor.role)
    // A case that waits for somebody else by now can still be read from its link, but offers no buttons.
    detail["canDecide"] = found.state == (isOfficer ? .awaitingEmployer : .awaitingDepartment)
    detail["comment"] = FieldModel(
      name: "comment", label: "审核意见", kind: .lines, help: "退回时必填，通过时可不填；申请人会看到", required: false,
      marksOptional: false
    ).model(in: call)
    switch revealed {
    case (.identityNumber, let value)?: detail["identityShown"] = value
    case (.phone, let value)?: detail["phoneShown"] = value
    case nil: break
    }
    model["certification"] = detail
    return model
  }

  /// The queue of a unit's cases, oldest first, with the promised day of each.
  private func caseDesk(_ call: PageCall) async throws -> Model {
    var place = QueuePlace(call)
    var queue = try await call.haiju.cases.list(.awaiting, page: place.request, as: call.actor)
    if queue.items.isEmpty, place.leave() {
      queue = try await call.haiju.cases.list(.awaiting, page: place.request, as: call.actor)
    }
    let asked = chosen(call)
    let id = ServiceCaseID(asked) ?? queue.items.first?.id
    var model: Model = [
      "heading": "待办理", "isChosen": !asked.isEmpty, "count": "\(queue.items.count)\(queue.next == nil ? "" : "+")",
      "isEmpty": queue.items.isEmpty,
      "rows": queue.items.map { item in
        [
          "path": place.path(to: "\(item.id)"), "title": item.serviceTitle, "note": item.personName,
          "at": "承诺 \(call.time.day(item.promisedOn)) 前", "late": item.isLate(call.time), "isSample": item.isSample,
          "current": item.id == id,
          "pill": item.state.pill,
        ] as Model
      },
    ]
    place.fill(&model, next: queue.next)
    guard let id else { return model }
    let found = try await call.haiju.cases.require(id, as: call.actor)
    let steps = try await call.haiju.cases.steps(id, as: call.actor)
    let actions = call.haiju.cases.actions(on: found, as: call.actor)
    var detail = found.row(call.time)
    detail["caseID"] = "\(id)"
    detail["revision"] = "\(found.revision)"
    detail["isSample"] = found.isSample
    detail["steps"] = steps.map { $0.model(call.time) }
    detail["form"] = found.form.map { ["label": $0.label, "value": readableDate($0.value)] as Model }
    detail["canDecide"] = !actions.isEmpty
    detail["actions"] = actions.map { action in
      ["value": action.rawValue, "title": action.title, "main": action == .accept || action == .complete] as Model
    }
    detail["comment"] = FieldModel(
      name: "comment", label: "意见或办理结果", kind: .lines, help: "办结、退回、不予办理时必填，受理时可不填；申请人会看到", required: false,
      marksOptional: false
    ).model(in: call, fault: call.form["action"] == "complete" ? "result" : nil)
    if let rating = found.rating { detail["rating"] = rating.model }
    model["serviceCase"] = detail
    return model
  }
}

extension CertificationOutcome {
  /// What an approval led to.
  var message: String {
    guard let certification else {
      return `case`.state == .refused ? "\(`case`.personName)：按示例规则未达到认定条件" : "\(`case`.personName)：已通过，转主管部门审核"
    }
    return "\(`case`.personName)：已认定为 \(certification.level.title)，人才码已发放"
  }
}
