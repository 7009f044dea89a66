import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// Registration on one page in three groups, as people think of it: who, where, how to sign in.
  func addRegistration(to router: Router<FrontContext>) {
    get("/register", on: router) { call in try await showRegistration(call) }
    post("/register", on: router) { call in
      let draft = try PersonDraft(call.form)
      let registered = try await call.haiju.people.register(draft, as: call.actor)
      // Who has just chosen a password need not type it again.
      let signedIn = try await call.haiju.accounts.signIn(name: draft.account, password: draft.password, as: call.actor)
      var response = signedIn.response(call, to: "/me", message: "注册成功，已提交给用人单位审核")
      response.setCookie(
        Site.CookieName.mark, registered.mark.description, seconds: 60, secure: site.options.secureCookies)
      return response
    } again: { call in
      try await showRegistration(call)
    }
  }

  /// The form; shown again it keeps what was typed, passwords apart.
  private func showRegistration(_ call: PageCall) async throws -> Response {
    let employers = try await call.haiju.employers.list(matching: nil, as: call.actor)
    let choices = employers.map {
      FieldModel.Option(value: $0.id.description, label: "\($0.name) · \($0.district.title)")
    }
    let degrees = Degree.allCases.map { FieldModel.Option(value: $0.rawValue, label: $0.title) }
    let groups: [(String, [Model])] = [
      (
        "您是谁",
        [
          FieldModel(name: "name", label: "姓名", help: "与身份证一致", autocomplete: "name").model(in: call),
          FieldModel(name: "identityNumber", label: "身份证号", help: "18 位，最后一位可能是 X").model(in: call),
          FieldModel(name: "phone", label: "手机号", help: "11 位大陆手机号", autocomplete: "tel", numeric: true).model(
            in: call),
        ]
      ),
      (
        "您在哪里工作",
        [
          FieldModel(
            name: "employer", label: "用人单位", kind: .choice([.init(value: "", label: "请选择")] + choices),
            help: "由它审核您的注册；可以直接键入名称开头来查找"
          ).model(in: call),
          FieldModel(name: "degree", label: "最高学历", kind: .choice(degrees), value: Degree.bachelor.rawValue)
            .model(in: call),
          FieldModel(name: "jobTitle", label: "岗位", required: false, autocomplete: "organization-title").model(
            in: call),
        ]
      ),
      (
        "登录账号",
        [
          FieldModel(name: "account", label: "登录名", help: "小写字母开头，3 至 40 位字母、数字、点或横线", autocomplete: "username")
            .model(in: call),
          FieldModel(
            name: "password", label: "口令", kind: .password,
            help: "至少 10 位，含大写字母、小写字母、数字、符号中的三种，不含姓名、手机号和登录名", autocomplete: "new-password"
          ).model(in: call),
        ]
      ),
    ]
    let model: Model = ["groups": groups.map { ["legend": $0.0, "fields": $0.1] as Model }]
    return await call.page("register", title: "注册", model)
  }
}

extension PersonDraft {
  /// A registration as typed into the form.
  fileprivate init(_ form: FormBody) throws {
    // An employer that nobody is: the facade then tells it together with everything else that is wrong.
    let employer = EmployerID(form["employer"]) ?? .make(at: Instant(microseconds: 0))
    guard let degree = Degree(rawValue: form["degree"]) else {
      throw Refusal.invalid(.invalid([FieldFault("degree", "choice", "请选择最高学历")]))
    }
    self.init(
      name: form["name"], identityNumber: form["identityNumber"], phone: form["phone"], employer: employer,
      degree: degree, jobTitle: form.optional("jobTitle"), account: form["account"], password: form.exact("password"))
  }
}
