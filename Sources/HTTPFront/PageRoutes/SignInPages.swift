import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// Signing in and out.
  func addSignIn(to router: Router<FrontContext>) {
    get("/signin", on: router) { call in await showSignIn(call) }
    post("/signin", on: router) { call in
      let signedIn = try await call.haiju.accounts.signIn(
        name: call.form["account"], password: call.form.exact("password"), as: call.actor)
      return signedIn.response(call, to: localPath(call.form["next"], or: "/"))
    } again: { call in
      await showSignIn(call)
    }

    post("/signout", on: router) { call in
      if let token = call.caller.token { try await call.haiju.accounts.signOut(token: token, as: call.actor) }
      var response = call.done("/signin", "已退出登录")
      response.setCookie(Site.CookieName.session, "", seconds: 0, secure: site.options.secureCookies)
      return response
    } again: { _ in
      .seeOther("/")
    }
  }

  /// The form; the way back travels in a hidden field and is checked again when it is used.
  private func showSignIn(_ call: PageCall) async -> Response {
    let next = call.form.optional("next") ?? call.query["next"]
    return await call.page(
      "signin", title: "登录",
      [
        "next": localPath(next, or: "/"),
        "fields": [
          FieldModel(name: "account", label: "登录名", autocomplete: "username").model(in: call),
          FieldModel(name: "password", label: "口令", kind: .password, autocomplete: "current-password").model(in: call),
        ],
      ])
  }
}

extension SignedIn {
  /// Sends the browser on with the session's cookie.
  func response(_ call: PageCall, to path: String, message: String? = nil) -> Response {
    var response = call.done(path, message)
    let secure = call.site.options.secureCookies
    // The server ends the session; the cookie ends with the browser.
    response.setCookie(Site.CookieName.session, token, seconds: nil, secure: secure)
    response.setCookie(Site.CookieName.visitor, "", seconds: 0, secure: secure)
    return response
  }
}
