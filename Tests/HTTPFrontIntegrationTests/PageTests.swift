import Testing

@testable import HTTPFront

@Suite("Pages as a browser gets them")
struct PageTests {
  private static let visitorPages = ["/", "/services", "/signin", "/register", "/health"]
  private static let talentPages = ["/", "/services", "/me", "/me/dossier", "/me/cases", "/me/inbox", "/care"]

  @Test("Every page keeps its budget, names no other host and forbids inline script and style", arguments: visitorPages)
  func budget(path: String) async throws {
    let answer = try await Client(RunningSite.shared()).get(path)
    #expect(answer.status == 200)
    expectSafe(answer)
  }

  private func expectSafe(_ answer: Answer) {
    #expect(answer.body.count <= 60 << 10, "\(answer.body.count) bytes")
    #expect(answer.header("Content-Security-Policy")?.contains("default-src 'self'") == true)
    #expect(answer.header("Content-Security-Policy")?.contains("unsafe") == false)
    #expect(answer.header("X-Content-Type-Options") == "nosniff")
    #expect(answer.header("Cache-Control") == "no-store")
    #expect(answer.header("X-Request-Id")?.isEmpty == false)
    #expect(!answer.text.contains("style=\"") && !answer.text.contains("<script>") && !answer.text.contains("onclick"))
    #expect(!answer.text.replacing("http://www.w3.org", with: "").contains("http://"))
    #expect(answer.text.contains("<html lang=\"zh-CN\">"))
  }

  @Test("A talent's pages come, in their budget and without the full identity number")
  func talentPages() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.certified()
    let browser = try await site.browser(talent.account, talent.password)
    for path in Self.talentPages {
      let answer = try await browser.get(path)
      #expect(answer.status == 200, "\(path)")
      expectSafe(answer)
      #expect(!answer.text.contains(talent.identityNumber), "\(path)")
    }
  }

  @Test("Style sheet and script keep their budgets and may be kept for good")
  func assets() async throws {
    let client = Client(try await RunningSite.shared())
    let page = try await client.get("/").text
    for (suffix, limit) in [(".css", 30 << 10), (".js", 100 << 10)] {
      let name = try #require(page.split(separator: "\"").first { $0.hasPrefix("/assets/") && $0.hasSuffix(suffix) })
      let answer = try await client.get(String(name))
      #expect(answer.status == 200 && answer.body.count <= limit)
      #expect(answer.header("Cache-Control")?.contains("immutable") == true)
      let tag = try #require(answer.header("ETag"))
      #expect(try await client.get(String(name), headers: ["If-None-Match": tag]).status == 304)
    }
  }

  @Test("A page that needs somebody leads to sign-in and back; foreign targets do not")
  func signInLeadsBack() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let visitor = Client(site)
    let sent = try await visitor.get("/me/dossier")
    #expect(sent.status == 303 && sent.header("Location") == "/signin?next=%2Fme%2Fdossier")
    let fields = ["account": talent.account, "password": talent.password]
    let back = try await visitor.submit(
      "/signin", from: "/signin", fields.merging(["next": "/me/dossier"]) { own, _ in own })
    #expect(back.status == 303 && back.header("Location") == "/me/dossier")
    for target in ["//example.org", "https://example.org", "/\\example.org", "/%0d%0a//x\r\n"] {
      let other = try await Client(site).submit(
        "/signin", from: "/signin", fields.merging(["next": target]) { own, _ in own })
      #expect(
        other.status == 303 && other.header("Location").map { $0 == "/" || $0.hasPrefix("/%") } == true, "\(target)")
    }
  }

  @Test("A form counts once, needs its token, and is not taken from another site")
  func formTokens() async throws {
    let site = try await RunningSite.shared()
    let talent = try await site.registered()
    let browser = try await site.browser(talent.account, talent.password)
    let token = try await browser.get("/care").formToken
    let fields = ["heart_rate": "71", "at": "", "form_token": token]
    #expect(try await browser.submit("/care", fields, origin: "http://evil.example").status == 403)
    #expect(try await browser.submit("/care", fields).status == 303)
    let twice = try await browser.submit("/care", fields)
    #expect(twice.status == 409 && twice.text.contains("已经提交过"))
    #expect(try await browser.submit("/care", ["heart_rate": "71", "form_token": "x"]).status == 409)
    // Somebody else's token is not this browser's.
    let foreign = try await Client(site).get("/signin").formToken
    #expect(try await browser.submit("/care", ["heart_rate": "71", "form_token": foreign]).status == 409)
    let total = try await talent.client.get("/api/v1/people/\(talent.person)/readings/heart_rate")
    #expect(total.json["total"].text == "1")
  }

  @Test("A refused form shows every fault beside its field and keeps what was typed, passwords apart")
  func refusedForm() async throws {
    let site = try await RunningSite.shared()
    var draft = site.draft(employer: try await site.employer())
    draft["identityNumber"] = "310112198808091234"
    draft["phone"] = "123"
    let answer = try await Client(site).submit("/register", from: "/register", draft)
    #expect(answer.status == 422)
    #expect(answer.text.contains("identityNumber-error") && answer.text.contains("phone-error"))
    #expect(answer.text.contains("赵思远"))
    #expect(!answer.text.contains(draft["password", default: "-"]))
  }

  @Test("Typed text is shown as text")
  func escaping() async throws {
    let answer = try await Client(RunningSite.shared()).get(
      "/services?text=\(percentEncoded("\"><script>alert(1)</script>"))")
    #expect(answer.status == 200 && !answer.text.contains("<script>alert"))
  }

  @Test("Unknown pages and forbidden ones answer in Chinese with the trace id")
  func errorPages() async throws {
    let site = try await RunningSite.shared()
    let missing = try await Client(site).get("/nowhere")
    #expect(missing.status == 404 && missing.text.contains("没有找到"))
    #expect(missing.text.contains(missing.header("X-Request-Id") ?? "-"))
    let talent = try await site.registered()
    let browser = try await site.browser(talent.account, talent.password)
    #expect(try await browser.get("/admin").status == 403)
    #expect(try await browser.get("/desk").status == 403)
  }

  @Test(
    "Staff see their queue and administrators their own screen",
    arguments: [
      ("officer1", "/desk", "待单位审核"), ("reviewer1", "/desk", "待主管部门审核"), ("clerk.city", "/desk", "待办理"),
      ("secadmin", "/admin", "开通工作人员账号"), ("auditadmin", "/admin", "审计记录"), ("sysadmin", "/admin", "PostgreSQL"),
    ])
  func staffPages(account: String, path: String, text: String) async throws {
    let browser = try await RunningSite.shared().browser(account)
    let answer = try await browser.get(path)
    #expect(answer.status == 200 && answer.text.contains(text))
    expectSafe(answer)
  }
}
