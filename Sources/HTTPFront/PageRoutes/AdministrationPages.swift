import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// One address for three administrators: each role sees its own screen and nothing of the others.
  func addAdministration(to router: Router<FrontContext>) {
    get("/admin", on: router) { call in try await showAdministration(call) }
    post("/admin/accounts", on: router) { call in
      // What is wrong with role or place is a fault of the form, beside its field, like everything the facade finds.
      let draft = try StaffDraft(
        name: call.form["name"], displayName: call.form["displayName"], role: call.form["role"],
        employer: call.form.optional("employer"), unit: call.form.optional("unit"),
        password: call.form.exact("password"))
      let committed = try await call.haiju.accounts.openStaff(draft, as: call.actor)
      return call.done("/admin", "已开通账号 \(committed.value.name)", mark: committed.mark)
    } again: { call in
      try await showAdministration(call)
    }
  }

  /// The screen of the actor's role; other roles are told that the page is not theirs.
  private func showAdministration(_ call: PageCall) async throws -> Response {
    guard call.isSignedIn else { throw HaijuError.unauthenticated }
    var model: Model
    switch call.actor.role {
    case .securityAdministrator: model = ["accounts": try await accounts(call)]
    case .auditAdministrator: model = ["audit": try await audit(call)]
    case .systemAdministrator:
      var system = await call.haiju.health.check().model(call.time)
      system["statements"] = try await call.haiju.health.statements(as: call.actor).model
      model = ["system": system]
    default: throw HaijuError.forbidden(.accountList)
    }
    model["wide"] = true
    return await call.page("admin", title: "管理", at: .admin, model)
  }

  /// The accounts by name, and the form that opens one; three calls, because the form offers units and employers.
  private func accounts(_ call: PageCall) async throws -> Model {
    let page = try await call.haiju.accounts.list(
      page: PageRequest(size: 50, after: call.query.optional("after")), as: call.actor)
    let units = try await call.haiju.accounts.units(as: call.actor)
    let employers = try await call.haiju.employers.list(matching: nil, as: call.actor)
    let roles = Role.allCases.filter { $0.isStaff && $0 != .system }
    let none = FieldModel.Option(value: "", label: "无")
    var model: Model = [
      "rows": page.items.map { account in
        [
          "name": account.name, "displayName": account.displayName, "role": account.role.title,
          "pill": account.enabled ? Meaning.done.pill("启用") : Meaning.refused.pill("停用"), "isSample": account.isSample,
        ] as Model
      },
      "fields": [
        FieldModel(name: "name", label: "登录名", help: "小写字母开头", autocomplete: "off").model(in: call),
        FieldModel(name: "displayName", label: "显示姓名").model(in: call),
        FieldModel(
          name: "role", label: "角色", kind: .choice(roles.map { .init(value: $0.rawValue, label: $0.title) })
        ).model(in: call),
        FieldModel(
          name: "employer", label: "用人单位",
          kind: .choice([none] + employers.map { .init(value: "\($0.id)", label: $0.name) }), help: "单位经办人必选",
          required: false
        ).model(in: call),
        FieldModel(
          name: "unit", label: "办理单位", kind: .choice([none] + units.map { .init(value: "\($0.id)", label: $0.name) }),
          help: "审核员、窗口人员必选", required: false
        ).model(in: call),
        FieldModel(
          name: "password", label: "初始口令", kind: .password, help: "至少 10 位，含大写、小写、数字、符号中的三种",
          autocomplete: "new-password"
        ).model(in: call),
      ],
      "opened": call.refusal != nil,
    ]
    model["next"] = page.next.map { "/admin?after=\(percentEncoded($0))" }
    return model
  }

  /// The trail, newest first, with a filter by result; the filter stays while paging.
  private func audit(_ call: PageCall) async throws -> Model {
    let result = AuditResult(rawValue: call.query["result"])
    let page = try await call.haiju.audit.list(
      result: result, page: PageRequest(size: 50, after: call.query.optional("after")), as: call.actor)
    let filters: [(String, AuditResult?)] = [("全部", nil), ("完成", .done), ("拒绝", .refused), ("失败", .failed)]
    let narrowed = result.map { "&result=\($0.rawValue)" } ?? ""
    var model: Model = [
      "filters": filters.map { title, value in
        [
          "title": title, "path": value.map { "/admin?result=\($0.rawValue)" } ?? "/admin", "current": value == result,
        ] as Model
      },
      "rows": page.items.map { $0.row(call.time) }, "isEmpty": page.items.isEmpty,
    ]
    model["next"] = page.next.map { "/admin?after=\(percentEncoded($0))\(narrowed)" }
    return model
  }

  /// `live` says that the process answers, `ready` that requests can be served, and the page says it to people.
  ///
  /// None of them asks who calls: a probe has no account, and nothing personal is shown.
  func addHealth(to router: Router<FrontContext>) {
    router.get("/health/live") { _, _ in Response.json(.object(["status": "live"])) }
    router.get("/health/ready") { _, _ in
      let report = await site.haiju.health.check()
      return Response.json(report.json, status: report.isReady ? .ok : .serviceUnavailable)
    }
    get("/health", on: router, needsCaller: false) { call in
      let report = await call.haiju.health.check()
      return await call.page(
        "health", title: "运行状态", report.model(call.time), status: report.isReady ? .ok : .serviceUnavailable)
    }
  }
}

/// A line of the trail with its words for people; ids and codes stay as they are, because one looks for them.
extension AuditEntry {
  func row(_ time: ShanghaiTime) -> Model {
    let meaning: (Meaning, String) =
      switch AuditResult(rawValue: result) {
      case .done: (.done, "完成")
      case .refused: (.refused, "拒绝")
      case .failed, nil: (.attention, "失败")
      }
    var model: Model = [
      "at": time.full(at), "who": accountName ?? "—", "role": Role(rawValue: role)?.title ?? role,
      "operation": operation, "pill": meaning.0.pill(meaning.1), "address": address, "trace": trace,
    ]
    model["object"] = objectKind.map { kind in objectID.map { "\(kind) \($0)" } ?? kind }
    model["reason"] = reason
    return model
  }
}

/// The state of the stores, for probes and for people.
extension HealthReport {
  var json: JSONValue {
    .object([
      "status": isReady ? "ready" : "unavailable",
      "stores": .array(
        stores.map { .object(["name": .text($0.name), "up": .bool($0.isUp), "consequence": .text($0.consequence)]) }),
      "pendingChanges": .integer(pendingChanges), "oldestPending": .printed(oldestPending),
    ])
  }

  func model(_ time: ShanghaiTime) -> Model {
    var model: Model = [
      "pill": isReady
        ? (stores.allSatisfy(\.isUp) ? Meaning.done.pill("全部正常") : Meaning.attention.pill("可以服务，部分受限"))
        : Meaning.refused.pill("暂停服务"),
      "stores": stores.map { store in
        [
          "title": store.title, "consequence": store.consequence.isEmpty ? "无" : store.consequence,
          "pill": store.isUp ? Meaning.done.pill("正常") : Meaning.attention.pill("不可用"),
        ] as Model
      },
      "pending": pendingChanges.map { "\($0)" } ?? "未知",
    ]
    model["oldest"] = oldestPending.map { time.full($0) }
    return model
  }
}
