import Facade
import HTTPTypes
import Hummingbird
import Kernel

/// One address of the JSON API: the declaration that serves it also describes it in the OpenAPI document.
struct Endpoint: Sendable {
  /// Carries out a call: takes what was checked, makes one call of the facade, returns the answer.
  typealias Handler = @Sendable (APICall) async throws -> Response

  /// A parameter of the query.
  struct QueryField: Sendable {
    let name: String
    let note: String
  }

  let method: HTTPRequest.Method
  /// Below `/api/v1`, with parameters in braces.
  let path: String
  /// The name of the operation in the OpenAPI document.
  let operation: String
  let summary: String
  let query: [QueryField]
  /// The fields of the JSON body; `nil` where there is none.
  let body: [BodyField]?
  /// The media type of a body that is not JSON.
  let file: String?
  let handler: Handler

  static func get(
    _ path: String, _ operation: String, _ summary: String, query: KeyValuePairs<String, String> = [:],
    handler: @escaping Handler
  ) -> Endpoint {
    Endpoint(
      method: .get, path: path, operation: operation, summary: summary,
      query: query.map { QueryField(name: $0.key, note: $0.value) }, body: nil, file: nil, handler: handler)
  }

  static func post(
    _ path: String, _ operation: String, _ summary: String, body: [BodyField] = [], handler: @escaping Handler
  ) -> Endpoint {
    Endpoint(
      method: .post, path: path, operation: operation, summary: summary, query: [], body: body, file: nil,
      handler: handler)
  }

  static func upload(
    _ path: String, _ operation: String, _ summary: String, file: String, query: KeyValuePairs<String, String>,
    handler: @escaping Handler
  ) -> Endpoint {
    Endpoint(
      method: .post, path: path, operation: operation, summary: summary,
      query: query.map { QueryField(name: $0.key, note: $0.value) }, body: nil, file: file, handler: handler)
  }

  static func delete(_ path: String, _ operation: String, _ summary: String, handler: @escaping Handler) -> Endpoint {
    Endpoint(
      method: .delete, path: path, operation: operation, summary: summary, query: [], body: nil, file: nil,
      handler: handler)
  }

  /// The parameters of lists that come in pages.
  static let pageQuery: KeyValuePairs<String, String> = ["after": "上一页给出的 next", "size": "每页条数，1 至 200"]
}

/// A call of the API whose input has been checked against its declaration.
struct APICall: Sendable {
  let site: Site
  let caller: Site.Caller
  let parameters: Parameters
  let query: FormBody
  let body: CheckedBody
  /// The bytes of a body that is not JSON.
  let file: [UInt8]
  let headers: HTTPFields

  var haiju: Haiju { site.haiju }
  var actor: Actor { caller.actor }

  /// The id in the path; what is no id names nothing.
  func id<Entity>(_ name: String, _ kind: HaijuError.Kind) throws -> Identifier<Entity> {
    guard let id = parameters.get(name).flatMap({ Identifier<Entity>($0) }) else { throw Refusal.noSuch(kind) }
    return id
  }

  /// A text in the path; one with a broken escape names nothing.
  func text(_ name: String, _ kind: HaijuError.Kind) throws -> String { try parameters.text(name, kind) }

  /// The commit that the caller insists on seeing.
  var mark: CommitMark? { headers[.haijuMark].flatMap { CommitMark($0) } }

  /// Which part of a list.
  func page() throws -> PageRequest {
    let size = query.optional("size")
    guard size.map({ Int($0).map { (1...200).contains($0) } ?? false }) ?? true else {
      throw Refusal.invalid(.invalid([FieldFault("size", "range", "每页条数应为 1 至 200 的整数")]))
    }
    return PageRequest(size: size.flatMap { Int($0) } ?? 50, after: query.optional("after"))
  }

  /// One of the values of a closed list from the query.
  func choice<Value: RawRepresentable<String>>(_ name: String, of type: Value.Type) throws -> Value? {
    guard let text = query.optional(name) else { return nil }
    guard let value = Value(rawValue: text) else {
      throw Refusal.invalid(.invalid([FieldFault(name, "choice", "查询条件“\(name)”的取值不对，请对照接口说明")]))
    }
    return value
  }

  /// A time from the query.
  func instant(_ name: String) throws -> Instant? {
    guard let text = query.optional(name) else { return nil }
    guard let instant = Instant(text) else {
      throw Refusal.invalid(.invalid([FieldFault(name, "instant", "时间应写成 2026-11-23T06:30:00Z 的形式")]))
    }
    return instant
  }
}

extension Parameters {
  /// A parameter of the path as it was meant, without escapes; `.notFound` when one is broken.
  func text(_ name: String, _ kind: HaijuError.Kind) throws -> String {
    guard let text = get(name).flatMap({ percentDecoded(Substring($0), plusIsBlank: false) }) else {
      throw Refusal.noSuch(kind)
    }
    return text
  }
}
