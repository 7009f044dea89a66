import Kernel
import Testing

@testable import Facade

@Suite("Eligibility")
struct EligibilityTests {
  private typealias Audience = ServiceDefinition.Audience

  private func standing(_ level: TalentLevel?, _ district: District = .city) -> Standing {
    Standing(district: district, level: level, certifiedUntil: level.map { _ in CivilDate("2027-01-02")! })
  }

  @Test("A service without conditions is open to everybody, and says so")
  func everybody() {
    let answer = Audience(certified: false, levels: [], districts: []).eligibility(of: standing(nil))
    #expect(answer.open)
    #expect(answer.reasons.count == 1)
    #expect(answer.reasons[0].hasPrefix("可以享受，因为"))
  }

  @Test("Certification, level and district are each needed where the definition names them")
  func conditions() {
    let audience = Audience(certified: true, levels: [.A, .B], districts: [.minhang])
    #expect(audience.eligibility(of: standing(.B, .minhang)).open)
    #expect(!audience.eligibility(of: standing(.C, .minhang)).open)
    #expect(!audience.eligibility(of: standing(.A, .baoshan)).open)
    #expect(!audience.eligibility(of: standing(nil, .minhang)).open)
    #expect(Audience(certified: true, levels: [], districts: []).eligibility(of: standing(.E)).open)
    #expect(!Audience(certified: true, levels: [], districts: []).eligibility(of: standing(nil)).open)
  }

  @Test("A refusal names everything that is missing and nothing that is there")
  func everythingMissing() {
    let audience = Audience(certified: true, levels: [.A], districts: [.minhang])
    let both = audience.eligibility(of: standing(nil, .baoshan))
    #expect(both.reasons.count == 2)
    #expect(both.reasons.allSatisfy { $0.hasPrefix("还不能，因为") })
    let one = audience.eligibility(of: standing(.A, .baoshan))
    #expect(one.reasons == ["还不能，因为本事项面向闵行区用人单位的人才，您的用人单位在宝山区"])
  }

  @Test("The last day of a certification is shown, not the day behind it")
  func lastDay() {
    let answer = Audience(certified: true, levels: [], districts: []).eligibility(of: standing(.A))
    #expect(answer.reasons[0].contains("有效期至2027年1月1日"))
  }
}
