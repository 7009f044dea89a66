import Facade
import Hummingbird
import HTTPTypes
import Kernel

/// A request for a page, or a form sent from one.
struct PageCall: Sendable {
  let site: Site
  let caller: Site.Caller
  let parameters: Parameters
  let query: FormBody
  /// What was typed; empty for a GET.
  let form: FormBody
  /// Where the request went, for the way back after signing in.
  let path: String
  let trace: String
  /// The last commit of this browser, so that its next page shows it.
  let mark: CommitMark?
  /// What the action before this page has to say.
  let flash: String?
  /// Why the form that was sent is shown again.
  var refusal: Refusal?

  var haiju: Haiju { site.haiju }
  var actor: Actor { caller.actor }
  var isSignedIn: Bool { actor.account != nil }
  var time: ShanghaiTime { ShanghaiTime(now: site.clock.now()) }

  /// The id in the path; what is no id names nothing.
  func id<Entity>(_ name: String, _ kind: HaijuError.Kind) throws -> Identifier<Entity> {
    guard let id = parameters.get(name).flatMap({ Identifier<Entity>($0) }) else { throw Refusal.noSuch(kind) }
    return id
  }

  /// The person behind the account; somebody else is sent to sign in or told that the page is not theirs.
  func ownPerson(for operation: Operation) throws(HaijuError) -> PersonID {
    if let person = actor.person { return person }
    throw isSignedIn ? .forbidden(operation) : .unauthenticated
  }

  /// Fills a template within the layout.
  func page(
    _ template: String, title: String, at place: Place? = nil, _ model: Model = [:],
    status: HTTPResponse.Status = .ok
  ) async -> Response {
    var model = model.merging(await frame(title: title, at: place)) { own, _ in own }
    if let refusal { model["refusal"] = refusal.summary }
    guard let text = site.templates.render(template, model) else { return .html("", status: .internalServerError) }
    var response = Response.html(text, status: refusal?.status ?? status)
    if flash != nil { response.setCookie(FlashCookie.name, "", seconds: 0, secure: site.options.secureCookies) }
    if caller.isNewVisitor {
      response.setCookie(
        Site.CookieName.visitor, caller.visitor, seconds: 86_400, secure: site.options.secureCookies)
    }
    return response
  }

  /// Sends the browser to a page that shows what an action did; `attention` when there is more to it than success.
  func done(
    _ path: String, _ message: String? = nil, asks attention: Bool = false, mark: CommitMark? = nil
  ) -> Response {
    var response = Response.seeOther(path)
    let secure = site.options.secureCookies
    if let message = message.map({ attention ? FlashCookie.attention + $0 : $0 }) {
      response.setCookie(FlashCookie.name, percentEncoded(message), seconds: 60, secure: secure)
    }
    if let mark { response.setCookie(Site.CookieName.mark, mark.description, seconds: 60, secure: secure) }
    return response
  }

  /// What is wrong with a field of the form that is shown again.
  func fault(_ field: String) -> String? {
    let messages = refusal?.fields.filter { $0.field == field }.map(\.message) ?? []
    return messages.isEmpty ? nil : messages.joined(separator: "；")
  }
}

/// The cookie that carries a message over a redirect; the text is shown escaped and only to whom it was set for.
enum FlashCookie {
  static let name = "haiju_flash"
  /// Stands before a message that asks for attention.
  static let attention = "!"

  static func read(_ request: Request) -> String? {
    request.cookie(name).flatMap { percentDecoded(Substring($0)) }.map { String($0.prefix(400)) }.flatMap {
      $0.isEmpty ? nil : $0
    }
  }
}

extension Refusal {
  /// The box above a form that is shown again.
  var summary: Model {
    let known = fields.filter { !$0.field.isEmpty }
    return [
      "message": known.isEmpty ? message : "请检查下面标出的 \(Set(known.map(\.field)).count) 处",
      "fields": known.map { ["field": $0.field, "message": $0.message] as Model },
    ]
  }
}
