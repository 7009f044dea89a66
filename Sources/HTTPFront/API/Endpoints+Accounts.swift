import Facade
import Hummingbird

extension Endpoint {
  /// Signing in and out, who one is, staff accounts.
  static let accounts: [Endpoint] = [
    // The one call that takes a password; the token that it gives goes into `Authorization: Bearer`.
    .post(
      "/sessions", "openSession", "登录，取得会话令牌",
      body: [.required("account", "登录名"), .required("password", "口令")]
    ) { call in
      let signedIn = try await call.haiju.accounts.signIn(
        name: call.body.text("account"), password: call.body.text("password"), as: call.actor)
      return .json(
        .object([
          "token": .text(signedIn.token), "account": signedIn.account.json,
          "expiresAt": .printed(signedIn.expiresAt),
        ]), status: .created)
    },
    .delete("/sessions", "closeSession", "退出登录") { call in
      guard let token = call.caller.token else { throw HaijuError.unauthenticated }
      try await call.haiju.accounts.signOut(token: token, as: call.actor)
      return .json(.object(["signedOut": true]))
    },
    // Answered from the session alone.
    .get("/me", "whoAmI", "当前账号") { call in
      guard let account = call.actor.account else { throw HaijuError.unauthenticated }
      return .json(
        .object([
          "account": .printed(account), "role": .text(call.actor.role.rawValue),
          "displayName": .text(call.actor.displayName), "person": .printed(call.actor.person),
          "employer": .printed(call.actor.employer), "unit": .printed(call.actor.unit),
        ]))
    },
    .get("/accounts", "listAccounts", "全部账号（安全管理员）", query: pageQuery) { call in
      .json(try await call.haiju.accounts.list(page: call.page(), as: call.actor).json(\.json))
    },
    .post(
      "/accounts", "openStaffAccount", "开通工作人员账号（安全管理员）",
      body: [
        .required("name", "登录名"), .required("displayName", "显示姓名"), .required("role", "角色"),
        .optional("employer", "用人单位编号"), .optional("unit", "办理单位编号"), .required("password", "初始口令"),
      ]
    ) { call in
      let committed = try await call.haiju.accounts.openStaff(try StaffDraft(call.body), as: call.actor)
      return .json(committed.json(\.json), status: .created, mark: committed.mark)
    },
  ]
}
