import Facade
import Hummingbird
import Kernel

/// Serves the declared endpoints below `/api/v1`, and the document that describes them.
struct APIRoutes: Sendable {
  let site: Site

  /// Everything that the API offers, in the order of the document.
  static let endpoints: [Endpoint] =
    Endpoint.accounts + Endpoint.people + Endpoint.certifications + Endpoint.services + Endpoint.cases
    + Endpoint.readings + Endpoint.notices + Endpoint.oversight

  func add(to router: Router<FrontContext>) {
    let base = router.group("/api/v1")
    for endpoint in Self.endpoints {
      base.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
        try await endpoint.handler(try await call(endpoint, request, context))
      }
    }
    let document = OpenAPI.document(of: Self.endpoints)
    base.get("/openapi.json") { _, _ in Response.json(document) }
  }

  /// Checks the call against its declaration before the handler sees it.
  private func call(_ endpoint: Endpoint, _ request: Request, _ context: FrontContext) async throws -> APICall {
    let caller = try await site.requireCaller(of: request, context)
    // What cannot be read must not count as left out: a list would come without the condition that was meant.
    guard let query = FormBody(urlEncoded: request.uri.query ?? "") else {
      throw Refusal.malformed("query", "地址中的查询条件无法读取，请检查转义后重发")
    }
    let known = Set(endpoint.query.map(\.name))
    let unknown = query.fields.filter { !known.contains($0.name) }
    guard unknown.isEmpty else {
      throw Refusal.invalid(.invalid([FieldFault("", "unknown", "地址中有不认识的查询条件，请对照接口说明检查")]))
    }
    guard Set(query.fields.map(\.name)).count == query.fields.count else {
      throw Refusal.invalid(.invalid([FieldFault("", "repeated", "地址中同一个查询条件只能写一次")]))
    }
    var file: [UInt8] = []
    if let type = endpoint.file {
      guard request.mediaType == type else { throw Refusal.unsupportedMedia(type) }
      file = try await request.bytes(limit: Request.uploadLimit)
    }
    return APICall(
      site: site, caller: caller, parameters: context.parameters, query: query,
      body: try await endpoint.body.asyncMap { try await request.json($0) } ?? CheckedBody(.object([]), []), file: file,
      headers: request.headers)
  }
}

extension Optional where Wrapped: Sendable {
  /// `map` for a transformation that waits.
  fileprivate func asyncMap<Value: Sendable>(_ transform: (Wrapped) async throws -> Value) async throws -> Value? {
    switch self {
    case .some(let value): try await transform(value)
    case .none: nil
    }
  }
}
