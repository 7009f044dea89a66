import Facade
import Logging
import Testing

@testable import HTTPFront

@Suite("Hostile input over HTTP: refused by name, and the server stays up")
struct HostileInputTests {
  /// The refused entries that a request left in the audit trail.
  private func records(_ answer: Answer, _ site: RunningSite) async throws -> [JSONValue] {
    let trail = try await site.signedIn("auditadmin").get("/api/v1/audit?result=refused&size=200")
    let trace = answer.header("X-Request-Id") ?? "-"
    return trail.json["items"].elements.filter { $0["trace"].text == trace }
  }

  @Test("A rate of samples next to nothing is refused: its last line would lie behind the end of the calendar")
  func tinyRate() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    for rate in ["1e-300", "1e-9", "nan", "0"] {
      let path =
        "/api/v1/people/\(talent.person)/readings/upload?kind=heart_rate&startsAt=2026-01-01T00:00:00Z"
        + "&samplesPerSecond=\(rate)"
      let answer = try await talent.client.send(
        "POST", path, headers: ["Content-Type": "text/csv"], body: Array("70\n71\n".utf8))
      #expect(answer.status == 422 && answer.errorFields == ["samplesPerSecond"], "\(rate): \(answer.text)")
    }
    #expect(try await talent.client.get("/api/v1/me").status == 200)
  }

  @Test("A reading from before the devices of today is refused and raises no alert")
  func oldReading() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let path = "/api/v1/people/\(talent.person)/readings"
    let values = JSONValue.array([.object(["kind": "heart_rate", "value": 250])])
    let typed = try await talent.client.post(path, .object(["at": "1990-01-01T00:00:00Z", "values": values]))
    #expect(typed.status == 422 && typed.errorFields == ["at"])
    let file = Array("time,value\n1990-01-01 00:00:00,250\n2026-02-01 10:00:00,70\n".utf8)
    let sent = try await talent.client.send(
      "POST", "\(path)/upload?kind=heart_rate", headers: ["Content-Type": "text/csv"], body: file)
    #expect(sent.json["stored"].text == "1" && sent.json["alerts"].elements.isEmpty)
    #expect(try await talent.client.get("/api/v1/inbox").json["items"].elements.isEmpty)
  }

  @Test("A place in a list that nobody gave is refused, whatever its time is")
  func cursors() async throws {
    let site = try await RunningSite.shared()
    let reviewer = try await site.signedIn("reviewer1")
    let id = "11111111-1111-7111-8111-111111111111"
    for time in ["-9223372036854775808", "9223372036854775807", "300000000000000000", "-1", "+5", "x"] {
      let answer = try await reviewer.get("/api/v1/people?after=\(percentEncoded("\(time)_\(id)"))")
      #expect(answer.status == 422 && answer.errorFields == ["after"], "\(time): \(answer.text)")
    }
  }

  @Test("A condition that cannot be read or comes twice is refused instead of left out")
  func brokenQuery() async throws {
    let site = try await RunningSite.shared()
    let visitor = Client(site)
    let raw = "GET /api/v1/services?text=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    #expect(try await RawConnection.send(raw, port: site.port).text.hasPrefix("HTTP/1.1 400"))
    let twice = try await visitor.get("/api/v1/services?area=city&area=minhang")
    #expect(twice.status == 422 && twice.errorCode == "invalid.repeated")
  }

  @Test("A body with broken chunks is the sender's fault")
  func brokenChunks() async throws {
    let site = try await RunningSite.shared()
    let raw =
      "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n"
    let answer = try await RawConnection.send(raw, port: site.port)
    #expect(answer.text.hasPrefix("HTTP/1.1 400"), "\(answer.text)")
  }

  @Test("A connection that falls silent in the middle of a request is closed")
  func silence() async throws {
    let site = try await RunningSite.shared()
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (ports, ready) = AsyncStream.makeStream(of: Int.self)
    let server = Task {
      try await serve(haiju: site.haiju, options: HTTPServerOptions(port: 0, idleTime: .seconds(1)), logger: log) {
        ready.yield($0)
      }
    }
    let port = try #require(await ports.first { _ in true })
    let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for text in ["GET / HT", "\(head)Content-Length: 100\r\n\r\n{"] {
      #expect(try await RawConnection.send(text, port: port).closed, "still open after: \(text)")
    }
    server.cancel()
    _ = await server.result
  }

  @Test("A token of no session leaves a record; a number in place of an id does not get into it")
  func records() async throws {
    let site = try await RunningSite.shared()
    let wrong = try await Client(site, token: String(repeating: "x", count: 43)).get("/api/v1/me")
    #expect(wrong.status == 401)
    #expect(try await records(wrong, site).map { $0["reason"].text } == ["unauthenticated"])
    let talent = try await site.registered()
    let typed = try await talent.client.get("/api/v1/people/\(talent.identityNumber)")
    #expect(typed.status == 404)
    let paths = try await records(typed, site).map { $0["objectID"].text }
    #expect(paths.count == 1 && !paths[0].contains(talent.identityNumber))
    #expect(recordable("/api/v1/people/\(talent.identityNumber)/dossier") == "/api/v1/people/{…}/dossier")
    #expect(recordable("/a/13800001234/%E8%B5%B5/x-1.y") == "/a/{…}/{…}/x-1.y")
    #expect(recordable("/people/\(talent.person)") == "/people/\(talent.person)")
    let service = try await talent.client.get("/api/v1/services/%00")
    #expect(service.status == 404)
    #expect(try await records(service, site).count == 1)
  }

  @Test("Thousands of unknown names are one fault, and a name twice among them is found")
  func manyNames() async throws {
    let site = try await RunningSite.shared()
    let names = (0..<6000).map { "\"\(String($0, radix: 36))\":1" }.joined(separator: ",")
    let answer = try await Client(site).post("/api/v1/sessions", raw: "{\(names)}")
    #expect(answer.status == 422 && answer.errorFields == ["", "account", "password"])
    #expect(throws: JSONFault.self) { try JSONParser.parse(Array("{\(names),\"0\":1}".utf8)) }
  }

  @Test("A name of marks alone and a remark with hidden marks are refused")
  func hiddenText() async throws {
    let site = try await RunningSite.shared()
    var draft = site.draft(employer: try await site.employer())
    draft["name"] = "····"
    #expect(try await Client(site).post("/api/v1/people", .fields(draft)).errorFields == ["name"])
    let talent = try await site.registered()
    let officer = try await site.signedIn("officer1")
    for remark in ["好\u{200F}的", "好\u{2028}的", "好\u{202E}的", "好\u{2060}的"] {
      let answer = try await officer.post(
        "/api/v1/certification-cases/\(talent.certificationCase)/approve", .object(["comment": .text(remark)]))
      #expect(answer.status == 422 && answer.errorFields == ["comment"])
    }
  }

  @Test("A service of another system is not applied for here, and a full stop in a remark is not doubled")
  func services() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.certified()
    let external = try await talent.client.post("/api/v1/cases", .object(["service": "BS-17", "form": .object([:])]))
    #expect(external.status == 409 && external.errorCode == "refused.external")
    let form = JSONValue.fields(["vehicleModel": "海豚 EV", "purchaseDate": "2026-11-20", "powerKind": "纯电动"])
    let sent = try await talent.client.post(
      "/api/v1/cases", .object(["service": "SVC-交通出行-3", "form": form]))
    let clerk = try await site.signedIn("clerk.city")
    let path = "/api/v1/cases/\(sent.json["id"].text)"
    #expect(try await clerk.post("\(path)/accept", .object(["comment": "材料齐全！"])).status == 200)
    #expect(try await clerk.post("\(path)/complete", .object(["result": "已发放。"])).status == 200)
    let bodies = try await talent.client.get("/api/v1/inbox").json["items"].elements.map { $0["body"].text }
    #expect(bodies.contains { $0.hasSuffix("：已发放。欢迎评价。") })
    #expect(bodies.contains { $0.hasSuffix("：材料齐全！") })
    #expect(!bodies.contains { $0.contains("。。") })
  }
}
