import BenchmarkReports
import Foundation
import Synchronization

/// One of the users of a load run: a connection, cookies, things remembered from one operation to the next, and random
/// numbers of its own.
public final class LoadUser: Sendable {
  /// Its place in the run, from 0.
  public let index: Int
  /// Its connection.
  public let client: LoadClient
  private let state: Mutex<State>

  private struct State {
    var random: LoadRandom
    var cookies: [String: String] = [:]
    var headers: [String: String] = [:]
    var memory: [String: String] = [:]
    var requests = 0
  }

  /// A user that has not sent anything yet.
  public init(index: Int, client: LoadClient, seed: UInt64) {
    self.index = index
    self.client = client
    state = Mutex(State(random: LoadRandom(seed: seed, user: index)))
  }

  /// What a scenario wants to remember: ids, tokens.
  public subscript(key: String) -> String? {
    get { state.withLock { $0.memory[key] } }
    set { state.withLock { $0.memory[key] = newValue } }
  }

  /// A header sent with every request from now on; `nil` takes it away.
  public func setHeader(_ name: String, _ value: String?) { state.withLock { $0.headers[name] = value } }

  /// How many requests it has sent.
  public var requests: Int { state.withLock { $0.requests } }

  /// A random number below a bound.
  public func random(below bound: Int) -> Int {
    state.withLock { Int($0.random.next(upperBound: UInt64(max(1, bound)))) }
  }

  /// One of several; `nil` of none.
  public func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[random(below: elements.count)]
  }

  /// Sends a request with this user's cookies and headers and checks the status of the answer.
  ///
  /// Cookies of the answer are kept. Throws `LoadFailure.status` when the status is not one of `expecting`.
  @discardableResult
  public func send(
    _ method: LoadMethod, _ path: String, body: [UInt8]? = nil, type: String = "application/json",
    expecting: Range<Int> = 200..<300
  ) async throws(LoadFailure) -> LoadResponse {
    var headers = state.withLock { state in
      state.requests += 1
      var headers = state.headers.map { (name: $0.key, value: $0.value) }
      if !state.cookies.isEmpty {
        let pairs = state.cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        headers.append((name: "cookie", value: pairs.joined(separator: "; ")))
      }
      return headers
    }
    if body != nil { headers.append((name: "content-type", value: type)) }
    let response = try await client.request(method, path, headers: headers, body: body)
    for cookie in response.headers("set-cookie") { keep(cookie) }
    guard expecting.contains(response.status) else { throw .status(response.status) }
    return response
  }

  /// The same with a body of JSON.
  @discardableResult
  public func send(
    _ method: LoadMethod, _ path: String, json: some Encodable, expecting: Range<Int> = 200..<300
  ) async throws(LoadFailure) -> LoadResponse {
    guard let body = try? JSONEncoder().encode(json) else { throw .content("a request that is not JSON") }
    return try await send(method, path, body: Array(body), expecting: expecting)
  }

  /// Keeps a cookie, or forgets one that the server takes back. Paths and lifetimes do not matter within a run.
  private func keep(_ cookie: String) {
    let parts = cookie.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return }
    let gone = parts.dropFirst().contains { $0.lowercased() == "max-age=0" }
    state.withLock { state in
      state.cookies[String(pair[..<equals])] = gone ? nil : String(pair[pair.index(after: equals)...])
    }
  }
}
