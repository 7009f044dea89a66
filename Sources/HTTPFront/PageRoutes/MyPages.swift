import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// The own registration, dossier and notices.
  func addMine(to router: Router<FrontContext>) {
    get("/me", on: router) { call in
      if call.actor.role.isStaff { return await call.page("staff", title: "我的", at: .me) }
      return try await showMe(call, revealed: nil)
    }
    post("/me/reveal", on: router) { call in
      let person = try call.ownPerson(for: .personReveal)
      let field = PersonalField(rawValue: call.form["field"]) ?? .phone
      let value = try await call.haiju.people.reveal(field, of: person, purpose: "本人查看", as: call.actor)
      // Shown at once and not after a redirect: neither an address nor a cookie may hold it.
      return try await showMe(call, revealed: (field, value))
    } again: { call in
      try await showMe(call, revealed: nil)
    }
    post("/me/resubmit", on: router) { call in
      let person = try call.ownPerson(for: .certificationResubmit)
      guard let open = try await call.haiju.certifications.openCase(of: person, as: call.actor) else {
        throw HaijuError.notFound(.certificationCase)
      }
      let correction = CertificationCorrection(
        employer: EmployerID(call.form["employer"]), degree: Degree(rawValue: call.form["degree"]),
        jobTitle: call.form.optional("jobTitle"))
      let committed = try await call.haiju.certifications.resubmit(
        open.id, correcting: correction, comment: call.form.optional("comment"), as: call.actor)
      return call.done("/me", "已再次提交，等待用人单位审核", mark: committed.mark)
    } again: { call in
      try await showMe(call, revealed: nil)
    }

    // The browser's last mark goes along, so that a dossier is never older than what its owner has just done.
    get("/me/dossier", on: router) { call in
      let person = try call.ownPerson(for: .dossierRead)
      let dossier = try await call.haiju.dossiers.require(person, atLeast: call.mark, as: call.actor)
      let history = try await call.haiju.dossiers.history(person, as: call.actor)
      return await call.page("dossier", title: "我的档案", at: .me, dossier.model(history, call))
    }

    get("/me/inbox", on: router) { call in
      _ = try call.ownPerson(for: .noticeRead)
      let request = PageRequest(size: 30, after: call.query.optional("after"))
      let page = try await call.haiju.inbox.list(page: request, as: call.actor)
      var model: Model = ["notices": page.items.map { $0.row(call.time) }, "isEmpty": page.items.isEmpty]
      model["next"] = page.next.map { "/me/inbox?after=\(percentEncoded($0))" }
      return await call.page("inbox", title: "消息", at: .inbox, model)
    }
    post("/me/inbox/{notice}/read", on: router) { call in
      let committed = try await call.haiju.inbox.markRead(call.id("notice", .notice), as: call.actor)
      return call.done(localPath(call.form["next"], or: "/me/inbox"), mark: committed.mark)
    } again: { _ in
      .seeOther("/me/inbox")
    }
  }

  /// Where the registration stands and what to do next; `revealed` is a number just asked for.
  private func showMe(_ call: PageCall, revealed: (PersonalField, String)?) async throws -> Response {
    let id = try call.ownPerson(for: .personRead)
    let person = try await call.haiju.people.require(id, as: call.actor)
    let certificationCase = try await call.haiju.certifications.openCase(of: id, as: call.actor)
    var steps: [CertificationStep] = []
    if let certificationCase {
      steps = try await call.haiju.certifications.steps(certificationCase.id, as: call.actor)
    }
    let certification = try await call.haiju.certifications.current(of: id, as: call.actor)
    var model = person.detail(call)
    model["steps"] = steps.map { $0.model(call.time) }
    model["certification"] = certification?.model(call.time)
    model["path"] = person.state.pathModel
    model["isReturned"] = person.state == .returned
    model["isWaiting"] = person.state == .awaitingEmployer || person.state == .awaitingDepartment
    model["isRefused"] = person.state == .refused
    model["returnReason"] = steps.last { $0.action == "return" }?.comment
    if person.state == .returned { model["fields"] = try await correctionFields(person, call) }
    switch revealed {
    case (.identityNumber, let value)?: model["identityShown"] = value
    case (.phone, let value)?: model["phoneShown"] = value
    case nil: break
    }
    return await call.page("me", title: "我的", at: .me, model)
  }

  /// What a person may correct after a return, filled with what holds now.
  private func correctionFields(_ person: Person, _ call: PageCall) async throws -> [Model] {
    let employers = try await call.haiju.employers.list(matching: nil, as: call.actor)
    return [
      FieldModel(
        name: "employer", label: "用人单位", kind: .choice(employers.map { .init(value: "\($0.id)", label: $0.name) }),
        value: "\(person.employer)"
      ).model(in: call),
      FieldModel(
        name: "degree", label: "最高学历",
        kind: .choice(Degree.allCases.map { .init(value: $0.rawValue, label: $0.title) }), value: person.degree.rawValue
      ).model(in: call),
      FieldModel(name: "jobTitle", label: "岗位", value: person.jobTitle ?? "", required: false).model(in: call),
      FieldModel(name: "comment", label: "补正说明", kind: .lines, required: false).model(in: call),
    ]
  }
}
