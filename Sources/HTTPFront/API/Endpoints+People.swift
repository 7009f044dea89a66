import Facade
import Hummingbird
import Kernel

extension Endpoint {
  /// Registration, people, their dossiers, employers.
  static let people: [Endpoint] = [
    .get("/employers", "listEmployers", "用人单位", query: ["matching": "名称中的文字"]) { call in
      let employers = try await call.haiju.employers.list(matching: call.query.optional("matching"), as: call.actor)
      return .json(.object(["items": .array(employers.map(\.json))]))
    },
    .post(
      "/people", "register", "注册：建立人员、账号、档案并提交认定",
      body: [
        .required("name", "姓名"), .required("identityNumber", "身份证号"), .required("phone", "手机号"),
        .required("employer", "用人单位编号"), .optional("degree", "学历：doctor、master、bachelor 或 other"),
        .optional("jobTitle", "岗位"), .required("account", "登录名"), .required("password", "口令"),
      ]
    ) { call in
      let committed = try await call.haiju.people.register(try PersonDraft(call.body), as: call.actor)
      return .json(committed.json(\.json), status: .created, mark: committed.mark)
    },
    .get(
      "/people", "listPeople", "查询人员",
      query: [
        "name": "姓名", "identityNumber": "身份证号", "phone": "手机号", "employer": "用人单位编号", "after": "上一页给出的 next",
        "size": "每页条数",
      ]
    ) { call in
      .json(try await call.haiju.people.list(try call.personQuery(), page: call.page(), as: call.actor).json(\.json))
    },
    .get("/people/{person}", "readPerson", "一个人") { call in
      .json(try await call.haiju.people.require(call.id("person", .person), as: call.actor).json)
    },
    .post(
      "/people/{person}/reveal", "revealSecret", "查看完整身份证号或手机号，留下查看记录",
      body: [.required("field", "identity_number 或 phone"), .required("purpose", "查看原因")]
    ) { call in
      guard let field = PersonalField(rawValue: call.body.text("field")) else {
        throw Refusal.invalid(.invalid([FieldFault("field", "choice", "只能查看 identity_number 或 phone")]))
      }
      let value = try await call.haiju.people.reveal(
        field, of: call.id("person", .person), purpose: call.body.text("purpose"), as: call.actor)
      return .json(.object(["value": .text(value)]))
    },
    .get("/people/{person}/dossier", "readDossier", "档案：每项内容附来源和时间") { call in
      .json(
        try await call.haiju.dossiers.require(call.id("person", .person), atLeast: call.mark, as: call.actor).json)
    },
    .get("/people/{person}/dossier/history", "readDossierHistory", "档案的历次变更") { call in
      let changes = try await call.haiju.dossiers.history(call.id("person", .person), as: call.actor)
      return .json(.object(["items": .array(changes.map(\.json))]))
    },
    .get("/people/{person}/certification", "readCertification", "当前有效的人才认定") { call in
      let certification = try await call.haiju.certifications.current(of: call.id("person", .person), as: call.actor)
      return .json(.object(["certification": certification?.json ?? .null]))
    },
  ]
}

extension APICall {
  /// Whom to list: by one of the conditions, or everybody that the actor may see.
  fileprivate func personQuery() throws -> PersonQuery {
    let conditions = ["name", "identityNumber", "phone", "employer"].filter { query.optional($0) != nil }
    guard conditions.count <= 1 else {
      throw Refusal.invalid(.invalid([FieldFault("", "several", "每次只能按一个条件查询")]))
    }
    switch conditions.first {
    case "name": return .named(query["name"])
    case "identityNumber": return .identity(query["identityNumber"])
    case "phone": return .phone(query["phone"])
    case "employer":
      guard let employer = EmployerID(query["employer"]) else { throw Refusal.noSuch(.employer) }
      return .ofEmployer(employer)
    default: return .all
    }
  }
}
