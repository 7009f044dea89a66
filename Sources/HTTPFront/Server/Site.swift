import Facade
import Hummingbird
import Kernel
import Logging

/// What all routes share: the facade, the templates, the assets, the options.
struct Site: Sendable {
  let haiju: Haiju
  let templates: Templates
  let assets: Assets
  let options: HTTPServerOptions
  let logger: Logger
  let clock: any WallClock

  /// The names of our cookies.
  enum CookieName {
    static let session = "haiju_session"
    static let visitor = "haiju_visitor"
    static let mark = "haiju_mark"
  }

  /// Who sent a request, with what the browser carries.
  struct Caller: Sendable {
    let actor: Actor
    /// The token of the session, `nil` for somebody who is not signed in.
    let token: String?
    /// The name under which form tokens are made out to a browser without a session.
    let visitor: String
    /// Whether the visitor's name is new and has to be sent.
    let isNewVisitor: Bool
    /// Whether the browser sent a session that is over.
    let sessionEnded: Bool

    /// To whom form tokens are made out.
    var formHolder: String { token.map { "session:\($0)" } ?? "visitor:\(visitor)" }
  }

  /// Finds out who sent a request; a session that is over counts as none.
  ///
  /// One call of the facade where a token came, none otherwise. When the store is away the caller counts as a visitor:
  /// what needs more then fails with the store's own error.
  func caller(of request: Request, _ context: FrontContext) async -> Caller {
    do {
      return try await requireCaller(of: request, context)
    } catch {
      return visitor(request, context)
    }
  }

  /// Finds out who sent a request; a store that is away is an error, and so is a token of the API without a session.
  func requireCaller(of request: Request, _ context: FrontContext) async throws -> Caller {
    let isAPI = request.uri.path.hasPrefix("/api/")
    // The API takes no cookie, so no other site can make a browser use it in somebody's name.
    guard let token = isAPI ? request.bearerToken : request.cookie(CookieName.session), !token.isEmpty else {
      return visitor(request, context)
    }
    do {
      let actor = try await haiju.accounts.actor(token: token, address: context.address, trace: context.trace)
      return Caller(actor: actor, token: token, visitor: "", isNewVisitor: false, sessionEnded: false)
    } catch .unauthenticated {
      // Browsers keep cookies of sessions that are over; a wrong token of the API was sent by somebody.
      if isAPI { throw Refusal.noSession }
      return visitor(request, context, sessionEnded: true)
    }
  }

  /// Somebody who is not signed in, under the name that the browser got before.
  func visitor(_ request: Request, _ context: FrontContext, sessionEnded: Bool = false) -> Caller {
    let known = request.cookie(CookieName.visitor).flatMap { $0.utf8.count == 32 ? $0 : nil }
    return Caller(
      actor: .anonymous(address: context.address, trace: context.trace), token: nil,
      visitor: known ?? randomName(bytes: 16), isNewVisitor: known == nil, sessionEnded: sessionEnded)
  }
}

extension Request {
  /// The token of an API call.
  var bearerToken: String? {
    guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
    return trimmed(String(value.dropFirst(7)))
  }
}
