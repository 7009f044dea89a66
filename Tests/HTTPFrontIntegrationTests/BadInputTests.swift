import Testing

@testable import HTTPFront

@Suite("Bad input over HTTP: a clear answer in Chinese, a proper status, nothing changed, a record left")
struct BadInputTests {
  /// Whether the audit trail has a refused entry of a request.
  private func isRecorded(_ answer: Answer, _ site: RunningSite) async throws -> Bool {
    let trail = try await site.signedIn("auditadmin").get("/api/v1/audit?result=refused&size=200")
    let trace = answer.header("X-Request-Id") ?? "-"
    return trail.json["items"].elements.contains { $0["trace"].text == trace }
  }

  private func expectRefused(
    _ answer: Answer, _ status: Int, _ site: RunningSite, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
    let message = answer.json["error"]["message"].text
    #expect(
      message.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(message)",
      sourceLocation: sourceLocation)
    #expect(try await isRecorded(answer, site), "no record", sourceLocation: sourceLocation)
  }

  @Test("An identity number with a wrong check digit is refused by its field")
  func wrongCheckDigit() async throws {
    let site = try await RunningSite.shared()
    var draft = site.draft(employer: try await site.employer())
    let number = draft["identityNumber", default: ""]
    draft["identityNumber"] = number.dropLast() + (number.hasSuffix("1") ? "2" : "1")
    let answer = try await Client(site).post("/api/v1/people", .fields(draft))
    try await expectRefused(answer, 422, site)
    #expect(answer.errorFields == ["identityNumber"])
    #expect(!answer.text.contains(draft["identityNumber", default: ""]))
  }

  @Test("A birth date in the future is refused")
  func futureBirthDate() async throws {
    let site = try await RunningSite.shared()
    var draft = site.draft(employer: try await site.employer())
    draft["identityNumber"] = identityNumber("31011220990101123")
    let answer = try await Client(site).post("/api/v1/people", .fields(draft))
    try await expectRefused(answer, 422, site)
    #expect(answer.errorFields == ["identityNumber"])
  }

  @Test("A reading of tomorrow is refused")
  func futureReading() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let values = JSONValue.array([.object(["kind": "heart_rate", "value": 70])])
    let answer = try await talent.client.post(
      "/api/v1/people/\(talent.person)/readings", .object(["at": "2099-01-01T00:00:00Z", "values": values]))
    try await expectRefused(answer, 422, site)
  }

  @Test("A form of 20 MB is refused without being kept")
  func hugeForm() async throws {
    let site = try await RunningSite.shared()
    let body = String(repeating: "x", count: 20 << 20)
    try await expectRefused(try await Client(site).post("/api/v1/people", raw: body), 413, site)
    let page = try await Client(site).send(
      "POST", "/register", headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(body.utf8))
    #expect(page.status == 413 && page.text.contains("过大"))
    #expect(try await isRecorded(page, site))
  }

  @Test("An unknown field, an operator object where a text belongs, broken JSON and a name twice are refused")
  func unreadableBodies() async throws {
    let site = try await RunningSite.shared()
    let visitor = Client(site)
    let unknown = try await visitor.post("/api/v1/sessions", raw: #"{"account":"a","password":"b","admin":true}"#)
    try await expectRefused(unknown, 422, site)
    let operatorObject = try await visitor.post("/api/v1/sessions", raw: #"{"account":{"$ne":1},"password":{"$ne":1}}"#)
    try await expectRefused(operatorObject, 422, site)
    #expect(operatorObject.errorFields == ["account", "password"])
    try await expectRefused(try await visitor.post("/api/v1/sessions", raw: #"{"account":"a","#), 400, site)
    try await expectRefused(
      try await visitor.post("/api/v1/sessions", raw: #"{"account":"a","account":"b","password":"c"}"#), 400, site)
    let deep = String(repeating: "[", count: 100_000 / 8)
    try await expectRefused(try await visitor.post("/api/v1/sessions", raw: deep), 400, site)
    let form = try await visitor.post("/api/v1/sessions", raw: "account=a", headers: ["Content-Type": "text/plain"])
    try await expectRefused(form, 415, site)
    try await expectRefused(try await visitor.get("/api/v1/services?sort=name"), 422, site)
  }

  @Test("One person does not approve twice, and nobody approves out of turn")
  func twoApprovals() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let approve = "/api/v1/certification-cases/\(talent.certificationCase)/approve"
    let tooEarly = try await site.signedIn("reviewer1").post(approve)
    #expect([403, 404, 409].contains(tooEarly.status))
    let officer = try await site.signedIn("officer1")
    #expect(try await officer.post(approve).status == 200)
    let again = try await officer.post(approve)
    #expect([403, 404, 409].contains(again.status), "\(again.text)")
    #expect(try await isRecorded(again, site))
    let state = try await talent.client.get("/api/v1/people/\(talent.person)")
    #expect(state.json["state"] == "awaiting_department")
  }

  @Test("Somebody else's id in a path finds nothing, and the look is recorded")
  func foreignIDs() async throws {
    let site = try await RunningSite.shared()
    let owner = try await site.registered()
    let other = try await site.registered()
    for path in ["", "/dossier", "/certification", "/readings/heart_rate"] {
      try await expectRefused(try await other.client.get("/api/v1/people/\(owner.person)\(path)"), 404, site)
    }
    try await expectRefused(
      try await other.client.post(
        "/api/v1/people/\(owner.person)/reveal", .object(["field": "phone", "purpose": "核对身份"])), 404, site)
    try await expectRefused(try await other.client.get("/api/v1/people/not-an-id"), 404, site)
    try await expectRefused(
      try await other.client.get("/api/v1/certification-cases/\(owner.certificationCase)"), 404, site)
  }

  @Test("A role that may not is told so; a wrong password and an unknown account sound the same")
  func permissions() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    try await expectRefused(try await talent.client.get("/api/v1/audit"), 403, site)
    try await expectRefused(try await talent.client.get("/api/v1/accounts"), 403, site)
    let visitor = Client(site)
    #expect(try await visitor.get("/api/v1/inbox").status == 401)
    let wrong = try await visitor.post(
      "/api/v1/sessions", .fields(["account": talent.account, "password": "Nope-nope-1"]))
    let nobody = try await visitor.post("/api/v1/sessions", .fields(["account": "nobody", "password": "Nope-nope-1"]))
    #expect(wrong.status == 401 && nobody.status == 401)
    #expect(wrong.json["error"]["message"] == nobody.json["error"]["message"])
  }

  @Test("A file that breaks in the middle stores its good lines and names the bad one")
  func brokenFile() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let text = "time,value\n2026-11-01T08:00:00+08:00,70\n2026-11-01T08:01:00+08:00,71\n2026-11-01T08:0"
    let path = "/api/v1/people/\(talent.person)/readings/upload?kind=heart_rate"
    let answer = try await talent.client.send(
      "POST", path, headers: ["Content-Type": "text/csv"], body: Array(text.utf8))
    #expect(answer.status == 201 && answer.json["stored"].text == "2")
    #expect(answer.json["faults"].elements.map { $0["line"].text } == ["4"])
  }
}
