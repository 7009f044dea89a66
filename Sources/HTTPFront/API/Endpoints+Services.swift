import Facade
import Hummingbird

extension Endpoint {
  /// The catalogue of services.
  static let services: [Endpoint] = [
    .get(
      "/services", "listServices", "人才服务事项，登录后说明能否享受",
      query: ["text": "标题或说明中的文字", "area": "city、minhang 或 baoshan", "category": "类别", "open": "true 只看可以享受的"]
    ) { call in
      let open = call.query.optional("open")
      guard open == nil || open == "true" || open == "false" else {
        throw Refusal.invalid(.invalid([FieldFault("open", "choice", "open 应为 true 或 false")]))
      }
      let list = try await call.haiju.services.list(
        ServiceQuery(
          text: call.query.optional("text"), area: call.choice("area", of: District.self),
          category: call.query.optional("category"), onlyOpen: open == "true"), as: call.actor)
      return .json(list.json)
    },
    .get("/services/{service}", "readService", "一项服务") { call in
      .json(try await call.haiju.services.require(call.text("service", .service), as: call.actor).json)
    },
  ]

  /// Applications for services.
  static let cases: [Endpoint] = [
    // The key comes from the caller's header, so that a call that was cut off can be sent again without harm.
    .post(
      "/cases", "submitCase", "申请一项服务；Idempotency-Key 相同的申请只提交一次",
      body: [.required("service", "事项编号"), .optional("form", .textMap, "表单内容")]
    ) { call in
      let committed = try await call.haiju.cases.submit(
        CaseDraft(
          service: call.body.text("service"), form: call.body.textMap("form"),
          idempotencyKey: call.headers[.idempotencyKey]), as: call.actor)
      return .json(committed.json(\.json), status: .created, mark: committed.mark)
    },
    // One address, two lists: a clerk's cases are those of the unit.
    .get("/cases", "listCases", "我的办件；窗口人员为本单位待办", query: pageQuery) { call in
      let which: CaseQuery = call.actor.role == .windowClerk ? .awaiting : .mine
      return .json(try await call.haiju.cases.list(which, page: call.page(), as: call.actor).json(\.json))
    },
    .get("/cases/{case}", "readCase", "一件办件及其每一步") { call in
      let id: ServiceCaseID = try call.id("case", .serviceCase)
      let found = try await call.haiju.cases.require(id, as: call.actor)
      let steps = try await call.haiju.cases.steps(id, as: call.actor)
      return .json(.object(["case": found.json, "steps": .array(steps.map(\.json))]))
    },
    .post(
      "/cases/{case}/accept", "acceptCase", "受理",
      body: [.optional("comment", "受理意见"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.cases.accept(
        call.id("case", .serviceCase), expecting: call.body.integer("revision"),
        comment: call.body.optionalText("comment"), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/cases/{case}/complete", "completeCase", "办结",
      body: [.required("result", "办理结果"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.cases.complete(
        call.id("case", .serviceCase), expecting: call.body.integer("revision"), result: call.body.text("result"),
        as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/cases/{case}/return", "returnCase", "退回补正",
      body: [.required("comment", "退回原因"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.cases.sendBack(
        call.id("case", .serviceCase), expecting: call.body.integer("revision"), comment: call.body.text("comment"),
        as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/cases/{case}/refuse", "refuseCase", "不予办理",
      body: [.required("comment", "不予办理的原因"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.cases.refuse(
        call.id("case", .serviceCase), expecting: call.body.integer("revision"), comment: call.body.text("comment"),
        as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/cases/{case}/resubmit", "resubmitCase", "补正后再次提交",
      body: [.optional("form", .textMap, "表单内容"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.cases.resubmit(
        call.id("case", .serviceCase), form: call.body.textMap("form"), expecting: call.body.integer("revision"),
        as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post("/cases/{case}/withdraw", "withdrawCase", "撤回申请") { call in
      let committed = try await call.haiju.cases.withdraw(call.id("case", .serviceCase), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/cases/{case}/rating", "rateCase", "评价",
      body: [.required("score", .integer, "评分，1 至 5"), .optional("comment", "评语")]
    ) { call in
      let committed = try await call.haiju.cases.rate(
        call.id("case", .serviceCase), score: Int(call.body.integer("score") ?? 0),
        comment: call.body.optionalText("comment"), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
  ]
}
