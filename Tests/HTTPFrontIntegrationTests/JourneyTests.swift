import Testing

@testable import HTTPFront

@Suite("The journey over the JSON API")
struct JourneyTests {
  @Test("A person registers, is certified by two people, applies, rates and is warned of a high blood pressure")
  func wholeJourney() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let person = "/api/v1/people/\(talent.person)"
    #expect(try await talent.client.get(person).json["state"] == "awaiting_employer")

    // The officer, then a reviewer; the rule does the rest.
    let approve = "/api/v1/certification-cases/\(talent.certificationCase)/approve"
    let officer = try await site.signedIn("officer1")
    let first = try await officer.post(approve, .object(["comment": "属实"]))
    #expect(first.status == 200 && first.json["case"]["state"] == "awaiting_department")
    let second = try await site.signedIn("reviewer1").post(approve)
    #expect(second.json["case"]["state"] == "certified")
    let code = second.json["certification"]["code"].text
    #expect(code.hasPrefix("HJ"))

    let certification = try await talent.client.get("\(person)/certification")
    #expect(certification.json["certification"]["code"].text == code)

    // The dossier, not older than the approval, with the source of each field.
    let mark = try #require(second.header("Haiju-Mark"))
    let dossier = try await talent.client.get("\(person)/dossier", headers: ["Haiju-Mark": mark])
    #expect(dossier.json["sections"].elements.map { $0["section"].text } == ["identity", "work", "certification"])
    let fields = dossier.json["sections"].elements.flatMap { $0["fields"].elements }
    #expect(!fields.isEmpty && fields.allSatisfy { !$0["source"].text.isEmpty && !$0["recordedAt"].text.isEmpty })
    #expect(!dossier.text.contains(talent.identityNumber))

    let services = try await talent.client.get("/api/v1/services")
    #expect(services.json["items"].elements.count == 60)
    #expect(services.json["items"].elements.allSatisfy { !$0["eligibility"]["reasons"].elements.isEmpty })
    let found = try await talent.client.get("/api/v1/services?text=\(percentEncoded("牌照"))")
    let plate = try #require(found.json["items"].elements.first)
    #expect(plate["title"] == "新能源牌照" && plate["eligibility"]["open"] == true)

    let caseID = try await submitPlate(talent, plate["id"].text)
    try await decide(caseID, site)
    let rated = try await talent.client.post("/api/v1/cases/\(caseID)/rating", .object(["score": 5, "comment": "很快"]))
    #expect(rated.json["rating"]["score"].text == "5")
    let history = try await talent.client.get("/api/v1/cases/\(caseID)")
    #expect(history.json["steps"].elements.map { $0["action"].text } == ["submit", "accept", "complete", "rate"])

    try await careForHealth(talent)
  }

  /// Applies twice with the same key and gets the same case.
  private func submitPlate(_ talent: Registered, _ service: String) async throws -> String {
    let body = JSONValue.object([
      "service": .text(service),
      "form": .fields(["vehicleModel": "海豚 EV", "purchaseDate": "2026-11-20", "powerKind": "纯电动"]),
    ])
    let first = try await talent.client.post("/api/v1/cases", body, headers: ["Idempotency-Key": "journey"])
    let second = try await talent.client.post("/api/v1/cases", body, headers: ["Idempotency-Key": "journey"])
    #expect(first.status == 201)
    #expect(second.json["id"] == first.json["id"])
    return first.json["id"].text
  }

  private func decide(_ caseID: String, _ site: RunningSite) async throws {
    let clerk = try await site.signedIn("clerk.city")
    var queue: [String] = []
    var next: String? = ""
    while let cursor = next {
      let page = try await clerk.get(
        "/api/v1/cases?size=50" + (cursor.isEmpty ? "" : "&after=\(percentEncoded(cursor))"))
      queue += page.json["items"].elements.map { $0["id"].text }
      next = page.json["next"] == .null ? nil : page.json["next"].text
    }
    #expect(queue.contains(caseID))
    let accepted = try await clerk.post("/api/v1/cases/\(caseID)/accept")
    #expect(accepted.json["state"] == "accepted")
    // The revision that the clerk saw is no longer the present one.
    let stale = try await clerk.post("/api/v1/cases/\(caseID)/complete", .object(["result": "已发放", "revision": 1]))
    #expect(stale.status == 409 && stale.errorCode == "conflict")
    let completed = try await clerk.post("/api/v1/cases/\(caseID)/complete", .object(["result": "已发放"]))
    #expect(completed.json["state"] == "completed")
  }

  private func careForHealth(_ talent: Registered) async throws {
    let readings = "/api/v1/people/\(talent.person)/readings"
    let values = JSONValue.array([
      .object(["kind": "systolic", "value": 168]), .object(["kind": "diastolic", "value": 96]),
    ])
    let typed = try await talent.client.post(readings, .object(["values": values]))
    #expect(typed.status == 201 && typed.json["alerts"].elements.count == 1)

    let lines = (0..<120).map { "2026-11-01T08:\($0 / 60 + 10):\($0 % 60 + 10 > 59 ? 59 : $0 % 60 + 10),72" }
    let file = Array(
      (["time,value"] + Set(lines).sorted().map { $0.replacing(",", with: "+08:00,") }).joined(separator: "\n").utf8)
    let upload = "\(readings)/upload?kind=heart_rate"
    let first = try await talent.client.send("POST", upload, headers: ["Content-Type": "text/csv"], body: file)
    let stored = first.json["stored"].text
    #expect(first.status == 201 && stored == "\(Set(lines).count)")
    let again = try await talent.client.send("POST", upload, headers: ["Content-Type": "text/csv"], body: file)
    #expect(again.json["stored"].text == "0" && again.json["duplicates"].text == stored)
    let trend = try await talent.client.get("\(readings)/heart_rate")
    #expect(trend.json["total"].text == stored && !trend.json["points"].elements.isEmpty)

    let inbox = try await talent.client.get("/api/v1/inbox")
    let alerts = inbox.json["items"].elements.filter { $0["kind"] == "alert" }
    #expect(alerts.count == 1)
    let read = try await talent.client.post("/api/v1/inbox/\(alerts.first?["id"].text ?? "")/read")
    #expect(read.status == 200)
  }

  @Test("Signing out ends the session at once")
  func signingOut() async throws {
    let talent = try await RunningSite.shared().registered()
    #expect(try await talent.client.get("/api/v1/me").status == 200)
    #expect(try await talent.client.send("DELETE", "/api/v1/sessions").status == 200)
    #expect(try await talent.client.get("/api/v1/me").status == 401)
  }
}
