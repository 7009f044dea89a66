import Foundation
import FoundationNetworking
import Synchronization

@testable import HTTPFront

/// What a server answered.
struct Answer: Sendable {
  let status: Int
  let headers: [String: String]
  let body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  /// The body as JSON; `.null` when it is none.
  var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }

  func header(_ name: String) -> String? { headers[name.lowercased()] }
  /// The code of an API error.
  var errorCode: String { json["error"]["code"].text }
  /// The fields that an API error names.
  var errorFields: [String] { json["error"]["fields"].elements.map { $0["field"].text } }
}

/// Somebody who talks to the server: over the API with a token, or like a browser with cookies and without following
/// redirects.
final class Client: Sendable {
  let site: RunningSite
  private let cookies = Mutex<[String: String]>([:])
  private let session: URLSession
  /// The token of API calls.
  let token: String?

  init(_ site: RunningSite, token: String? = nil) {
    self.site = site
    self.token = token
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.timeoutIntervalForRequest = 30
    session = URLSession(configuration: configuration, delegate: NoRedirect(), delegateQueue: nil)
  }

  deinit { session.invalidateAndCancel() }

  func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
    try await send("GET", path, headers: headers)
  }

  /// A call of the API with a JSON body.
  func post(_ path: String, _ body: JSONValue = .object([]), headers: [String: String] = [:]) async throws -> Answer {
    try await post(path, raw: String(decoding: body.bytes, as: UTF8.self), headers: headers)
  }

  /// A call of the API with a body as it stands.
  func post(_ path: String, raw: String, headers: [String: String] = [:]) async throws -> Answer {
    let type = ["Content-Type": "application/json"].merging(headers) { _, given in given }
    return try await send("POST", path, headers: type, body: Array(raw.utf8))
  }

  /// A form as a browser sends it, with the token of the page that it stands on.
  func submit(_ path: String, from page: String, _ fields: [String: String]) async throws -> Answer {
    let shown = try await get(page)
    return try await submit(path, fields.merging(["form_token": shown.formToken]) { own, _ in own })
  }

  /// A form as a browser sends it.
  func submit(_ path: String, _ fields: [String: String], origin: String? = nil) async throws -> Answer {
    let body = fields.map { "\(percentEncoded($0.key))=\(percentEncoded($0.value))" }.joined(separator: "&")
    let headers = [
      "Content-Type": "application/x-www-form-urlencoded", "Origin": origin ?? "http://127.0.0.1:\(site.port)",
    ]
    return try await send("POST", path, headers: headers, body: Array(body.utf8))
  }

  func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8]? = nil
  ) async throws -> Answer {
    guard let url = URL(string: "http://127.0.0.1:\(site.port)\(path)") else { throw URLError(.badURL) }
    var request = URLRequest(url: url)
    request.httpMethod = method
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    let jar = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    if token == nil, !jar.isEmpty { request.setValue(jar, forHTTPHeaderField: "Cookie") }
    request.httpBody = body.map { Data($0) }
    let (data, response) = try await session.data(for: request)
    guard let http = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
    var fields: [String: String] = [:]
    for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
    keepCookies(fields["set-cookie"] ?? "")
    return Answer(status: http.statusCode, headers: fields, body: Array(data))
  }

  /// Several cookies arrive joined by commas; none of ours has one in its value or attributes.
  private func keepCookies(_ header: String) {
    for cookie in header.split(separator: ",") {
      let pair = (cookie.split(separator: ";").first ?? "").split(separator: "=", maxSplits: 1)
      guard let name = pair.first.map({ trimmed(String($0)) }), !name.isEmpty else { continue }
      let value = pair.count > 1 ? String(pair[1]) : ""
      cookies.withLock { $0[name] = value.isEmpty ? nil : value }
    }
  }
}

private final class NoRedirect: NSObject, URLSessionTaskDelegate {
  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) { completionHandler(nil) }
}

extension Answer {
  /// The one-time token of the page's forms.
  var formToken: String {
    guard let start = text.firstRange(of: "name=\"form_token\" value=\"")?.upperBound else { return "" }
    return String(text[start...].prefix { $0 != "\"" })
  }
}

extension JSONValue {
  /// The member of a name; `.null` when there is none.
  subscript(_ name: String) -> JSONValue {
    guard case .object(let members) = self else { return .null }
    return members.first { $0.name == name }?.value ?? .null
  }

  /// The text, or the digits of a number; `""` for anything else.
  var text: String {
    switch self {
    case .text(let text), .number(let text): text
    default: ""
    }
  }

  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
  var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}
