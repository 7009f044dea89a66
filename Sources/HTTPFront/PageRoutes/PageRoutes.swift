import Facade
import Hummingbird
import Kernel

/// Serves the pages: a GET shows, a POST does one thing and sends the browser on.
struct PageRoutes: Sendable {
  let site: Site

  typealias Handler = @Sendable (PageCall) async throws -> Response

  func add(to router: Router<FrontContext>) {
    addHome(to: router)
    addServices(to: router)
    addSignIn(to: router)
    addRegistration(to: router)
    addMine(to: router)
    addCases(to: router)
    addCare(to: router)
    addDesk(to: router)
    addAdministration(to: router)
    addHealth(to: router)
  }

  /// A page; one that `needsCaller` not comes also when the store that knows the callers is away.
  func get(
    _ path: String, on router: Router<FrontContext>, needsCaller: Bool = true, _ show: @escaping Handler
  ) {
    router.get(RouterPath(path)) { request, context in
      let caller =
        needsCaller ? try await site.requireCaller(of: request, context) : site.visitor(request, context)
      return try await show(call(request, context, caller, form: FormBody()))
    }
  }

  /// A form: `perform` does what it asks; when the facade refuses, `again` shows the form with what was typed.
  ///
  /// Before `perform` the request must come from a page of ours and bring a form token that is good once.
  func post(
    _ path: String, on router: Router<FrontContext>, limit: Int = Request.formLimit, perform: @escaping Handler,
    again: @escaping Handler
  ) {
    router.post(RouterPath(path)) { request, context in
      guard request.isFromOwnPage else { throw Refusal.foreignOrigin }
      let form = try await request.form(limit: limit)
      var call = call(request, context, try await site.requireCaller(of: request, context), form: form)
      do {
        try await call.haiju.accounts.useFormToken(
          call.form["form_token"], holder: call.caller.formHolder, as: call.actor)
        return try await perform(call)
      } catch let error as HaijuError where error.isWorthAnotherTry {
        call.refusal = Refusal(error)
      } catch let refusal as Refusal where refusal.status == .unprocessableContent {
        if let cause = refusal.unrecorded {
          await call.haiju.audit.recordRefusedRequest(cause, path: request.uri.path, as: call.actor)
        }
        call.refusal = refusal
      }
      return try await again(call)
    }
  }

  private func call(
    _ request: Request, _ context: FrontContext, _ caller: Site.Caller, form: FormBody
  ) -> PageCall {
    PageCall(
      site: site, caller: caller, parameters: context.parameters,
      query: request.query, form: form, path: request.uri.string, trace: context.trace,
      mark: request.cookie(Site.CookieName.mark).flatMap { CommitMark($0) }, flash: FlashCookie.read(request))
  }
}

extension HaijuError {
  /// Whether the person in front of the form can do something about it there.
  fileprivate var isWorthAnotherTry: Bool {
    switch self {
    case .invalid, .duplicate, .conflict, .refused, .wrongCredentials, .locked: true
    case .notFound, .unauthenticated, .forbidden, .unavailable, .fault: false
    }
  }
}

/// A path on this site, for the way back after signing in; anything that could lead elsewhere becomes `fallback`.
///
/// One leading slash and no backslash: browsers take `//host` and `/\host` for another host.
func localPath(_ text: String, or fallback: String) -> String {
  let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
  guard isPlain, text.utf8.count <= 300, text.hasPrefix("/"), !text.hasPrefix("//"), !text.hasPrefix("/signin") else {
    return fallback
  }
  return text
}
