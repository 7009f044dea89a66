import Kernel
import Testing

@testable import Facade

@Suite struct CertificationRuleTests {
  private func decide(
    _ degree: Degree, born birth: String = "1990-05-06", key: Bool = false, on day: String = "2026-11-24"
  ) throws -> CertificationRule.Decision {
    CertificationRule.decide(
      CertificationRule.Inputs(
        degree: degree, birthDate: try #require(CivilDate(birth)), isKeyIndustry: key, district: .minhang,
        on: try #require(CivilDate(day))))
  }

  @Test(
    "A degree gives a level, and a key industry raises it by one",
    arguments: [
      (Degree.doctor, TalentLevel.B, TalentLevel.A), (.master, .C, .B), (.bachelor, .D, .C), (.other, .E, .D),
    ])
  func levels(_ degree: Degree, _ plain: TalentLevel, _ raised: TalentLevel) throws {
    #expect(try decide(degree).level == plain)
    #expect(try decide(degree, key: true).level == raised)
  }

  @Test("Every degree at every working age gets a level, and every explanation says automatic and sample")
  func everybody() throws {
    for degree in Degree.allCases {
      for year in 1940...2010 {
        for key in [false, true] {
          let decision = try decide(degree, born: "\(year)-11-24", key: key)
          #expect(decision.level != nil)
          #expect(decision.explanation.first?.contains("自动") == true)
          #expect(decision.explanation.first?.contains("示例") == true)
          #expect(decision.explanation.count > 1)
        }
      }
    }
  }

  @Test("Who is under sixteen on the day of the decision is not certified, and is on the birthday")
  func youngest() throws {
    #expect(try decide(.other, born: "2010-11-25").level == nil)
    #expect(try decide(.other, born: "2010-11-24").level == .E)
  }

  @Test("A level is raised until the birthday that ends the forty-fifth year")
  func oldestForRaise() throws {
    #expect(try decide(.master, born: "1980-11-25", key: true).level == .B)
    #expect(try decide(.master, born: "1980-11-24", key: true).level == .C)
  }

  @Test(
    "A certification holds three years from the day of the decision",
    arguments: [("2026-11-24", "2029-11-24"), ("2028-02-29", "2031-03-01"), ("2025-02-28", "2028-02-28")])
  func validity(_ day: String, _ end: String) throws {
    let valid = CertificationRule.validity(from: try #require(CivilDate(day)))
    #expect(valid.lowerBound == CivilDate(day))
    #expect(valid.upperBound == CivilDate(end))
  }

  @Test("A is the highest level")
  func order() { #expect(TalentLevel.allCases.sorted() == [.E, .D, .C, .B, .A]) }
}

@Suite struct CertificationWorkflowTests {
  /// What an approval by a role in a state comes to: the step, or the code of the refusal.
  private func approval(_ role: Role, _ state: RegistrationState) -> String {
    do throws(HaijuError) {
      return try CertificationWorkflow.approval(by: role, in: state).rawValue
    } catch {
      return error.code
    }
  }

  @Test("The employer approves first, the department second, and nobody else")
  func order() {
    #expect(approval(.employerOfficer, .awaitingEmployer) == "employer_approve")
    #expect(approval(.employerOfficer, .awaitingDepartment) == "refused.already_approved")
    #expect(approval(.reviewer, .awaitingEmployer) == "refused.wrong_order")
    #expect(approval(.reviewer, .awaitingDepartment) == "department_approve")
    for role in [Role.employerOfficer, .reviewer] {
      #expect(approval(role, .returned) == "refused.returned")
      #expect(approval(role, .certified) == "refused.decided")
      #expect(approval(role, .refused) == "refused.decided")
    }
    for role in Role.allCases where role != .employerOfficer && role != .reviewer {
      #expect(RegistrationState.allCases.allSatisfy { approval(role, $0) == "forbidden" })
    }
  }

  @Test("Only whom a case waits for may send it back, and only what was sent back is submitted again")
  func returning() throws {
    for role in Role.allCases {
      for state in RegistrationState.allCases {
        let waitsForRole =
          (role, state) == (.employerOfficer, .awaitingEmployer) || (role, state) == (.reviewer, .awaitingDepartment)
        let returned: Void? = try? CertificationWorkflow.checkReturn(by: role, in: state)
        #expect((returned != nil) == waitsForRole)
      }
    }
    for state in RegistrationState.allCases {
      let resubmitted: Void? = try? CertificationWorkflow.checkResubmit(in: state)
      #expect((resubmitted != nil) == (state == .returned))
    }
  }
}
