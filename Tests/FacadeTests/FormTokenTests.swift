import GMCrypto
import Kernel
import Testing

@testable import Facade

@Suite struct FormTokenTests {
  private let tokens: FormToken
  private let now = Instant(seconds: 1_795_000_000)

  init() throws {
    tokens = FormToken(key: SecretKey([UInt8](repeating: 7, count: 32)), provider: try OpenSSLProvider())
  }

  private func outcome(_ token: String, holder: String = "session", after wait: Duration = .zero) -> String {
    do throws(HaijuError) {
      try tokens.check(token, holder: holder, now: now + wait)
      return "good"
    } catch {
      return error.code
    }
  }

  @Test("A token is good for its holder until two hours have passed")
  func life() {
    let token = tokens.make(holder: "session", now: now)
    #expect(outcome(token) == "good")
    #expect(outcome(token, after: .seconds(7199)) == "good")
    #expect(outcome(token, after: .seconds(7200)) == "refused.form_expired")
    #expect(outcome(token, holder: "other") == "refused.form_token")
    #expect(tokens.make(holder: "session", now: now) != token)
  }

  @Test("A token with any character changed, added or missing is refused")
  func forged() {
    let token = tokens.make(holder: "session", now: now)
    for place in token.indices {
      var forged = token
      forged.replaceSubrange(place...place, with: token[place] == "A" ? "B" : "A")
      #expect(outcome(forged) == "refused.form_token")
    }
    for text in ["", "A", token + "A", token + "=", String(token.dropLast()), "人才码", "+/" + token] {
      #expect(outcome(text) == "refused.form_token")
    }
  }
}

@Suite struct SampleOrganisationTests {
  @Test("Sample employers have right credit codes and names that say sample, two in each district")
  func employers() {
    for employer in SampleOrganisation.employers {
      #expect(CreditCode(checking: employer.creditCode) != nil)
      #expect(employer.name.hasSuffix("（示例）"))
    }
    #expect(Set(SampleOrganisation.employers.map(\.creditCode)).count == 6)
    for district in District.allCases {
      #expect(SampleOrganisation.employers.filter { $0.district == district }.count == 2)
    }
  }

  @Test("Every staff account of the sample has the place that its role needs, and its own name")
  func staff() {
    #expect(Set(SampleOrganisation.staff.map(\.name)).count == SampleOrganisation.staff.count)
    for staff in SampleOrganisation.staff {
      #expect((staff.employer != nil) == (staff.role == .employerOfficer))
      #expect((staff.unit != nil) == [.reviewer, .windowClerk].contains(staff.role))
    }
  }

  @Test("Random first passwords fulfil the policy and differ")
  func passwords() throws {
    let provider = try OpenSSLProvider()
    let passwords = try (0..<200).map { _ in try RandomPassword.make(from: provider) }
    #expect(Set(passwords).count == 200)
    #expect(passwords.allSatisfy { $0.count == 16 })
  }
}
