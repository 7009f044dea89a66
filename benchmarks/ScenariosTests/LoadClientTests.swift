import BenchmarkScenarios
import Testing

@Suite("The load client")
struct LoadClientTests {
  @Test("Requests of one user share a connection, and a closed one is made anew")
  func keepAlive() async throws {
    try await withServer { target async throws in
      let client = LoadClient(target)
      #expect(try await text(client, "/a") == "1")
      #expect(try await text(client, "/b") == "2")
      // The server answers with the number of the request on its connection.
      #expect(try await text(client, "/bye") == "3")
      #expect(try await text(client, "/a") == "1")
      await client.close()
      #expect(try await text(client, "/a") == "1")
      await client.close()
    }
  }

  @Test("A body arrives as sent, empty bodies and statuses without one included")
  func bodies() async throws {
    try await withServer { target async throws in
      let user = LoadUser(index: 0, client: LoadClient(target), seed: 1)
      let long = String(repeating: "海聚", count: 100_000)
      let answer = try await user.send(.post, "/echo", json: ["text": long], expecting: 201..<202)
      #expect(try answer.decode([String: String].self) == ["text": long])
      #expect(throws: LoadFailure.self) { try answer.decode([Int].self) }
      #expect(try await user.send(.post, "/echo", body: []).body.isEmpty)
      #expect(try await user.send(.delete, "/forget").status == 204)
      #expect(user.requests == 3)
      await user.client.close()
    }
  }

  @Test("Cookies come back until the server takes them away")
  func cookies() async throws {
    try await withServer { target async throws in
      let user = LoadUser(index: 0, client: LoadClient(target), seed: 1)
      #expect(try await user.send(.get, "/who").body == Array("nobody".utf8))
      try await user.send(.get, "/cookie")
      #expect(try await user.send(.get, "/who").body == Array("session=s1".utf8))
      try await user.send(.get, "/forget")
      #expect(try await user.send(.get, "/who").body == Array("nobody".utf8))
      await user.client.close()
    }
  }

  @Test(
    "Silence, a cut, a refusal, a wrong status and a busy client each have their own failure, and the client recovers")
  func failures() async throws {
    try await withServer { target async throws in
      let client = LoadClient(target, timeout: .milliseconds(200))
      await #expect(throws: LoadFailure.timeout) { try await client.request(.get, "/silent") }
      #expect(try await text(client, "/a") == "1")
      await #expect(throws: LoadFailure.connection) { try await client.request(.get, "/drop") }
      #expect(try await text(client, "/a") == "1")
      let user = LoadUser(index: 0, client: client, seed: 1)
      await #expect(throws: LoadFailure.status(500)) { try await user.send(.get, "/broken") }

      let silent = Task { try await client.request(.get, "/silent") }
      try await Task.sleep(for: .milliseconds(50))
      await #expect(throws: LoadFailure.busy) { try await client.request(.get, "/a") }
      await #expect(throws: LoadFailure.timeout) { try await silent.value }
      await client.close()
    }
    // Nobody listens on port 1.
    let nobody = LoadClient(LoadTarget(port: 1), timeout: .seconds(1))
    await #expect(throws: LoadFailure.connection) { try await nobody.request(.get, "/") }
  }

  @Test("Cancelling ends the wait at once")
  func cancelling() async throws {
    try await withServer { target async throws in
      let client = LoadClient(target)
      let waiting = Task { try await client.request(.get, "/silent") }
      try await Task.sleep(for: .milliseconds(50))
      let start = ContinuousClock.now
      waiting.cancel()
      await #expect(throws: LoadFailure.cancelled) { try await waiting.value }
      #expect(ContinuousClock.now - start < .seconds(20))
      await client.close()
    }
  }

  private func text(_ client: LoadClient, _ path: String) async throws -> String {
    String(decoding: try await client.request(.get, path).body, as: UTF8.self)
  }
}

/// A server for the length of a body.
func withServer(_ body: (LoadTarget) async throws -> Void) async throws {
  let server = try await TinyServer.start()
  do {
    try await body(LoadTarget(port: server.port))
  } catch {
    try await server.stop()
    throw error
  }
  try await server.stop()
}
