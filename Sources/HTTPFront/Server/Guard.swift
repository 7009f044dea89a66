import Facade
import Foundation
import Hummingbird
import HTTPTypes
import Logging

/// Stands around every route: names the request, sets the security headers, turns errors into answers.
struct Guard: RouterMiddleware {
  typealias Context = FrontContext
  let site: Site

  /// Only what this server sends itself: no inline script or style, no frame, no other host.
  static let policy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    + "frame-ancestors 'none'"

  func handle(
    _ request: Request, context: FrontContext, next: (Request, FrontContext) async throws -> Response
  ) async throws -> Response {
    let started = ContinuousClock.now
    var response: Response
    do {
      response = try await next(request, context)
    } catch {
      response = await answer(error, request, context)
    }
    response.headers[.requestID] = context.trace
    response.headers[.contentSecurityPolicy] = Self.policy
    response.headers[.contentTypeOptions] = "nosniff"
    response.headers[.frameOptions] = "DENY"
    response.headers[.referrerPolicy] = "same-origin"
    response.headers[.openerPolicy] = "same-origin"
    response.headers[.permissionsPolicy] = "camera=(), geolocation=(), microphone=()"
    // Without its query, which may hold what somebody searched for.
    site.logger.debug(
      "\(request.method.rawValue) \(response.status.code)",
      metadata: [
        "path": "\(recordable(request.uri.path))", "trace": "\(context.trace)",
        "took": "\(ContinuousClock.now - started)",
      ])
    return response
  }

  /// The answer to a request that failed: JSON for the API, a page for people, sign-in for who only has to sign in.
  private func answer(_ error: any Error, _ request: Request, _ context: FrontContext) async -> Response {
    let refusal = refusal(for: error, context)
    let isAPI = request.uri.path.hasPrefix("/api/")
    let isLook = request.method == .get || request.method == .head
    // With the store away, asking it once more who this is would only make the answer later.
    let caller =
      refusal.status == .serviceUnavailable
      ? site.visitor(request, context) : await site.caller(of: request, context)
    // Somebody who follows a dead link is not worth a record; whoever tries the API or sends something is.
    if let cause = refusal.unrecorded, isAPI || !isLook {
      await site.haiju.audit.recordRefusedRequest(cause, path: recordable(request.uri.path), as: caller.actor)
    }
    var response: Response
    if isAPI {
      response = .json(refusal.json(trace: context.trace), status: refusal.status)
    } else if refusal.code == HaijuError.unauthenticated.code, isLook {
      // A way back that is longer than sign-in takes is not worth carrying.
      let way = request.uri.string.utf8.count <= 300 ? request.uri.string : "/"
      response = .seeOther("/signin?next=\(percentEncoded(way))")
    } else {
      response = site.errorPage(refusal, caller: caller, trace: context.trace)
    }
    if refusal.status == .unauthorized, isAPI { response.headers[.wwwAuthenticate] = "Bearer" }
    if refusal.status == .serviceUnavailable { response.headers[.retryAfter] = "5" }
    return response
  }

  /// What an error means; one that nobody foresaw is logged by its type alone, because its text may hold values.
  private func refusal(for error: any Error, _ context: FrontContext) -> Refusal {
    switch error {
    case let refusal as Refusal: return refusal
    case let error as HaijuError: return Refusal(error)
    case let error as HTTPError where error.status == .notFound || error.status == .methodNotAllowed: return .noRoute
    case is CancellationError: return Refusal(.unavailable(store: "front", mayHaveHappened: false))
    default:
      site.logger.error("a request failed", metadata: ["trace": "\(context.trace)", "cause": "\(type(of: error))"])
      return .fault
    }
  }
}

/// A path as it may stand in records and logs: parts that are no ids and no plain words are left out, because people
/// put numbers and names where ids belong.
func recordable(_ path: String) -> String {
  path.split(separator: "/", omittingEmptySubsequences: false).map { part in
    var digits = 0
    let isPlain =
      part.utf8.count <= 40
      && part.utf8.allSatisfy { byte in
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        digits = isDigit ? digits + 1 : 0
        return digits <= 5
          && (isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || "-._".utf8.contains(byte))
      }
    return isPlain || UUID(uuidString: String(part)) != nil ? String(part) : "{…}"
  }.joined(separator: "/")
}
