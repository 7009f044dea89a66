import Facade
import Foundation
import Kernel
import Testing

@Suite struct CertificationsTests {
  @Test("Employer, department and rule lead to a level, a code and a dossier that says where each value is from")
  func journey() async throws {
    try await World.with { world in
      let certifications = world.haiju.certifications
      let talent = try await world.registeredTalent(degree: .doctor)
      let id = talent.certificationCase
      #expect(try await certifications.queue(as: world.officer).items.map(\.id) == [id])
      #expect(try await certifications.queue(as: world.reviewer).items.isEmpty)
      let first = try await certifications.approve(id, expecting: 1, comment: "情况属实", as: world.officer).value
      #expect(first.case.state == .awaitingDepartment)
      #expect(first.certification == nil)
      #expect(try await certifications.queue(as: world.officer).items.isEmpty)
      #expect(try await certifications.queue(as: world.reviewer).items.map(\.id) == [id])
      let outcome = try await certifications.approve(id, expecting: first.case.revision, as: world.reviewer).value
      let certification = try #require(outcome.certification)
      #expect(outcome.case.state == .certified)
      #expect(certification.level == (world.employers[0].isKeyIndustry ? .A : .B))
      #expect(TalentCode.isValid(certification.code))
      #expect(certification.validFrom == CivilDate("2026-11-24"))
      #expect(certification.validTo == CivilDate("2029-11-23"))
      #expect(certification.isSample && certification.explanation.count == 3)
      #expect(try await certifications.current(of: talent.person.id, as: talent.actor) == certification)
      #expect(try await world.haiju.people.require(talent.person.id, as: talent.actor).state == .certified)
      let steps = try await certifications.steps(id, as: talent.actor)
      #expect(steps.map(\.action) == ["submit", "employer_approve", "department_approve", "certify"])
      #expect(steps.map(\.sequence) == [1, 2, 3, 4])
      #expect(steps[1].comment == "情况属实")
      #expect(steps[3].actorName == "系统")
      #expect(try await world.audited(.certificationApprove, .done) == 2)
      let sources = try await world.text(
        "SELECT string_agg(DISTINCT change::text, ' ') FROM dossier_change WHERE person_id = $1", talent.person.id)
      for source in ["本人填报", "身份证号推算", "单位审核", "系统自动认定（示例规则 第1版）"] {
        #expect(sources?.contains(source) == true)
      }
      #expect(try await world.number("SELECT count(*) FROM notice WHERE person_id = $1", talent.person.id) == 1)
    }
  }

  @Test("The order is kept: the department cannot go first, and nobody goes twice")
  func order() async throws {
    try await World.with { world in
      let certifications = world.haiju.certifications
      let id = try await world.registeredTalent().certificationCase
      #expect(
        await failure { try await certifications.approve(id, as: world.reviewer) }?.code == "refused.wrong_order")
      _ = try await certifications.approve(id, as: world.officer)
      #expect(
        await failure { try await certifications.approve(id, as: world.officer) }?.code
          == "refused.already_approved")
      _ = try await certifications.approve(id, as: world.reviewer)
      #expect(
        await failure { try await certifications.approve(id, as: world.secondReviewer) }?.code
          == "refused.decided")
      #expect(try await world.audited(.certificationApprove, .refused) == 3)
      #expect(try await world.number("SELECT count(*) FROM talent_code") == 1)
    }
  }

  @Test("MLPS-AC-8: another employer's officer and another person find no such case; other roles may not ask")
  func strangers() async throws {
    try await World.with { world in
      let certifications = world.haiju.certifications
      let talent = try await world.registeredTalent()
      let id = talent.certificationCase
      let stranger = try world.officer(of: world.employers[1].id)
      let other = try await world.registeredTalent()
      #expect(await failure { try await certifications.approve(id, as: stranger) } == .notFound(.certificationCase))
      #expect(await failure { try await certifications.require(id, as: stranger) } == .notFound(.certificationCase))
      #expect(await failure { try await certifications.steps(id, as: other.actor) } == .notFound(.certificationCase))
      #expect(
        await failure { try await certifications.current(of: talent.person.id, as: other.actor) } == .notFound(.person))
      #expect(try await certifications.openCase(of: talent.person.id, as: other.actor) == nil)
      #expect(try await certifications.openCase(of: talent.person.id, as: talent.actor)?.id == id)
      #expect(
        await failure { try await certifications.approve(id, as: talent.actor) } == .forbidden(.certificationApprove))
      #expect(
        await failure { try await certifications.require(id, as: world.clerk()) }
          == .forbidden(.certificationRead))
      #expect(try await world.audited(.certificationApprove, .refused, reason: "not_found.certificationCase") == 1)
    }
  }

  @Test("Two approvals by one person are refused, also from two accounts, and so is the own case")
  func onePersonTwoAccounts() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      let administrator = try world.actor("secadmin")
      let unit = try #require(try await accounts.units(as: administrator).first)
      let identity = world.draft().identityNumber
      func open(_ name: String, _ role: Role, _ identity: String) async throws -> Actor {
        let draft = StaffDraft(
          name: name, displayName: "赵两岗", role: role, employer: role == .reviewer ? nil : world.employers[0].id,
          unit: role == .reviewer ? unit.id : nil, password: "Blue7-river", identityNumber: identity)
        let account = try await accounts.openStaff(draft, as: administrator).value
        let session = try await accounts.signIn(name: account.name, password: "Blue7-river", as: world.visitor)
        return try await accounts.actor(token: session.token, address: "a", trace: "t")
      }
      let officer = try await open("twice.officer", .employerOfficer, identity)
      let reviewer = try await open("twice.reviewer", .reviewer, identity)
      let id = try await world.registeredTalent().certificationCase
      _ = try await world.haiju.certifications.approve(id, as: officer)
      #expect(
        await failure { try await world.haiju.certifications.approve(id, as: reviewer) }?.code == "refused.same_person")
      #expect(try await world.number("SELECT count(*) FROM certification") == 0)
      _ = try await world.haiju.certifications.approve(id, as: world.reviewer)

      let draft = world.draft()
      let own = try await world.haiju.people.register(draft, as: world.visitor).value.certificationCase
      let self_ = try await open("own.officer", .employerOfficer, draft.identityNumber)
      #expect(
        await failure { try await world.haiju.certifications.approve(own, as: self_) }?.code == "refused.own_case")
    }
  }

  @Test("Of many approvals at the same moment one takes the step, at either desk")
  func concurrentApprovals() async throws {
    try await World.with { world in
      let certifications = world.haiju.certifications
      let talent = try await world.registeredTalent()
      let id = talent.certificationCase
      let (officer, reviewers) = (try world.officer, [try world.reviewer, try world.secondReviewer])
      let first = await concurrently(6) { _ in try await certifications.approve(id, expecting: 1, as: officer) }
      #expect(first.values.count == 1)
      #expect(first.failures == Array(repeating: .conflict(current: 2), count: 5))
      let second = await concurrently(6) { number in try await certifications.approve(id, as: reviewers[number % 2]) }
      #expect(second.values.count == 1)
      #expect(second.failures.allSatisfy { $0.code == "refused.decided" })
      #expect(try await world.number("SELECT count(*) FROM talent_code") == 1)
      #expect(try await world.number("SELECT count(*) FROM certification_step WHERE case_id = $1", id) == 4)
      #expect(try await world.number("SELECT count(*) FROM notice WHERE person_id = $1", talent.person.id) == 1)
    }
  }

  @Test("A case that was sent back is corrected by the person and goes through both desks again")
  func returned() async throws {
    try await World.with { world in
      let certifications = world.haiju.certifications
      let talent = try await world.registeredTalent(degree: .bachelor)
      let id = talent.certificationCase
      #expect(await failure { try await certifications.resubmit(id, as: talent.actor) }?.code == "refused.not_returned")
      _ = try await certifications.approve(id, as: world.officer)
      #expect(
        await failure { try await certifications.returnForCorrection(id, comment: " ", as: world.reviewer) }?.code
          == "invalid.required")
      let back = try await certifications.returnForCorrection(id, comment: "请更正学历", as: world.reviewer).value
      #expect(back.state == .returned)
      #expect(
        await failure { try await certifications.approve(id, as: world.reviewer) }?.code == "refused.returned")
      let other = try await world.registeredTalent()
      #expect(await failure { try await certifications.resubmit(id, as: other.actor) } == .notFound(.certificationCase))
      let correction = CertificationCorrection(employer: world.employers[1].id, degree: .doctor)
      let again = try await certifications.resubmit(id, correcting: correction, comment: "已更正", as: talent.actor).value
      #expect(again.state == .awaitingEmployer)
      #expect(again.degree == .doctor)
      #expect(again.employerName == world.employers[1].name)
      #expect(again.jobTitle == "工程师")
      // The new employer vouches; the old one has nothing to do with it any more.
      #expect(
        await failure { try await certifications.approve(id, as: world.officer) } == .notFound(.certificationCase))
      _ = try await certifications.approve(id, as: world.officer(of: world.employers[1].id))
      let outcome = try await certifications.approve(id, as: world.reviewer).value
      #expect(outcome.certification != nil)
      #expect(
        try await certifications.steps(id, as: talent.actor).map(\.action) == [
          "submit", "employer_approve", "return", "resubmit", "employer_approve", "department_approve", "certify",
        ])
      #expect(try await world.number("SELECT count(*) FROM notice WHERE person_id = $1", talent.person.id) == 2)
    }
  }

  @Test("The rule leaves a child uncertified, says why, and the journey ends there")
  func ruleRefuses() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent(born: "20150101")
      let id = talent.certificationCase
      _ = try await world.haiju.certifications.approve(id, as: world.officer)
      let outcome = try await world.haiju.certifications.approve(id, as: world.reviewer).value
      #expect(outcome.case.state == .refused)
      #expect(outcome.certification == nil)
      #expect(outcome.case.decidedAt == world.clock.now())
      let last = try #require(try await world.haiju.certifications.steps(id, as: talent.actor).last)
      #expect(last.action == "refuse")
      #expect(last.comment?.contains("未满 16 周岁") == true)
      #expect(try await world.haiju.certifications.current(of: talent.person.id, as: talent.actor) == nil)
    }
  }

  @Test("A certification holds to the end of its last day in Shanghai, and not once its code is revoked")
  func validity() async throws {
    try await World.with { world in
      let (talent, certification) = try await world.certifiedTalent()
      func current() async throws -> Certification? {
        try await world.haiju.certifications.current(of: talent.person.id, as: talent.actor)
      }
      // From 14:30 on 24 November 2026 to the last microsecond of 23 November 2029, and one further.
      let end = try #require(CivilDate("2029-11-24")).start()
      world.clock.advance(end - world.clock.now() - .microseconds(1))
      #expect(try await current() == certification)
      world.clock.advance(.microseconds(1))
      #expect(try await current() == nil)
      let second = try await world.certifiedTalent()
      _ = try await world.number("UPDATE talent_code SET revoked_at = now() RETURNING 1::bigint")
      #expect(try await world.haiju.certifications.current(of: second.talent.person.id, as: second.talent.actor) == nil)
    }
  }
}
