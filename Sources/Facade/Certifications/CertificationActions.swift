import Foundation
import GMCrypto
public import Kernel
import Relational

extension Action {
  /// Certification within this action.
  public var certifications: CertificationActions { CertificationActions(action: self) }
}

/// What can be done to certification cases as part of an action.
public struct CertificationActions: Sendable {
  let action: Action

  /// Approves a case; see `Certifications.approve`. Three round trips before the commit.
  public func approve(
    _ id: CertificationCaseID, expecting revision: Int64? = nil, comment: String? = nil
  ) async throws -> CertificationOutcome {
    try action.begin(.certificationApprove, .certification(id))
    var input = InputCheck()
    let comment = input.optionalText("comment", "意见", comment, upTo: 500, lines: true)
    try input.finish()
    let locked = try await lock(id, expecting: revision)
    let step = try CertificationWorkflow.approval(by: action.actor.role, in: locked.state)
    try checkTwoPeople(locked)
    var certification: Certification?
    // The officer's step vouches for the work section; the reviewer's leads on to the rule.
    if step == .employerApprove {
      advance(
        locked, step, to: .awaitingDepartment, employerApprover: action.actor.account, comment: comment)
      try await action.dossiers.change(locked.person, section: .work) { edit in
        edit.setWork(locked.employerRecord, locked.degree, locked.jobTitle, source: Source.employer)
      }
    } else {
      advance(
        locked, step, to: .awaitingDepartment, employerApprover: locked.employerApprover,
        departmentApprover: action.actor.account, comment: comment)
      certification = try await decide(locked)
    }
    action.record(.certificationApprove, .certification(id))
    return CertificationOutcome(case: try await reread(id), certification: certification)
  }

  /// Sends a case back; see `Certifications.returnForCorrection`. Two round trips before the commit.
  public func returnForCorrection(
    _ id: CertificationCaseID, expecting revision: Int64? = nil, comment: String
  ) async throws -> CertificationCase {
    try action.begin(.certificationReturn, .certification(id))
    var input = InputCheck()
    let comment = input.text("comment", "退回原因", comment, 1...500, lines: true)
    try input.finish()
    let locked = try await lock(id, expecting: revision)
    try CertificationWorkflow.checkReturn(by: action.actor.role, in: locked.state)
    // Whoever approved for the employer did so for what is now going to be corrected.
    advance(locked, .returned, to: .returned, comment: comment)
    action.inbox.send(
      to: locked.person, kind: .certification, title: "人才认定已退回，请补正", body: "退回原因：\(comment.prefix(480))",
      link: "/me", event: "certification:\(id):returned:\(locked.revision)")
    action.record(.certificationReturn, .certification(id))
    return try await reread(id)
  }

  /// Submits a returned case again; see `Certifications.resubmit`. Four round trips at most before the commit.
  public func resubmit(
    _ id: CertificationCaseID, correcting correction: CertificationCorrection, comment: String? = nil
  ) async throws -> CertificationCase {
    try action.begin(.certificationResubmit, .certification(id))
    // Locked first: whether the employer is another one, and what stays as it was, depends on the case.
    let locked = try await lock(id, expecting: nil)
    var input = InputCheck()
    let comment = input.optionalText("comment", "补正说明", comment, upTo: 500, lines: true)
    let jobTitle = input.optionalText("jobTitle", "岗位", correction.jobTitle, upTo: 40) ?? locked.jobTitle
    var employer = locked.employerRecord
    if let other = correction.employer, other != employer.id {
      if let known = try await action.find(EmployerStatements.find, other) {
        employer = known
      } else {
        input.refuse("employer", "unknown", "请从列表中选择用人单位")
      }
    }
    try input.finish()
    try CertificationWorkflow.checkResubmit(in: locked.state)
    let degree = correction.degree ?? locked.degree
    action.write(
      CertificationStatements.correct, locked.person, employer.id, degree, jobTitle)
    advance(locked, .resubmit, to: .awaitingEmployer, employer: employer.id, comment: comment)
    try await action.dossiers.change(locked.person, section: .work) { edit in
      edit.setWork(employer, degree, jobTitle, source: Source.person)
    }
    action.record(.certificationResubmit, .certification(id))
    return try await reread(id)
  }

  /// Runs the rule on a case that both have approved, and issues what it gives.
  private func decide(_ locked: LockedCase) async throws -> Certification? {
    let inputs = CertificationRule.Inputs(
      degree: locked.degree, birthDate: locked.birthDate, isKeyIndustry: locked.employerRecord.isKeyIndustry,
      district: locked.employerRecord.district, on: CivilDate(action.now))
    let decision = CertificationRule.decide(inputs)
    let reasons = decision.explanation.joined(separator: "；")
    let (state, step): (RegistrationState, CertificationWorkflow.Step) =
      decision.level == nil ? (.refused, .refuse) : (.certified, .certify)
    advance(
      locked, step, to: state, from: .awaitingDepartment, employerApprover: locked.employerApprover,
      departmentApprover: action.actor.account, decidedAt: action.now, automatic: true, comment: reasons)
    guard let level = decision.level else {
      action.inbox.send(
        to: locked.person, kind: .certification, title: "人才认定未通过", body: reasons, link: "/me",
        event: "certification:\(locked.id):refused")
      return nil
    }
    let certification = Certification(
      person: locked.person, level: level, explanation: decision.explanation,
      code: try TalentCode.make(from: action.core.keys.provider), at: action.now)
    try await issue(certification, inputs, locked)
    return certification
  }

  /// Stores the certification with its inputs and code, sets the dossier's section and tells the person.
  private func issue(
    _ certification: Certification, _ inputs: CertificationRule.Inputs, _ locked: LockedCase
  ) async throws {
    // Sorted, so that equal inputs are equal texts.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let inputs = JSONText(String(decoding: try encoder.encode(inputs), as: UTF8.self))
    let end = CivilDate(daysSince1970: certification.validTo.daysSince1970 + 1)
    action.write(
      CertificationStatements.issue, Identifier<Certification>.make(at: action.now), certification.person,
      certification.scheme, certification.level, certification.validFrom, end, certification.rule,
      certification.ruleVersion, inputs, certification.explanation, locked.id, action.now, certification.code)
    try await action.dossiers.change(certification.person, section: .certification) {
      $0.setCertification(certification)
    }
    action.inbox.send(
      to: certification.person, kind: .certification, title: "人才认定已完成",
      body: "您已被认定为\(certification.level.title)，人才码 \(certification.code)，有效期至\(certification.validTo.inChinese)。",
      link: "/me", event: "certification:\(locked.id):certified")
  }

  /// The case under its lock, if this actor may see it and nobody has changed it since it was looked at.
  private func lock(_ id: CertificationCaseID, expecting revision: Int64?) async throws -> LockedCase {
    let actor = action.actor
    guard let locked = try await action.first(CertificationStatements.lock, id, actor.account),
      actor.maySee(locked.person, of: locked.employer)
    else { throw HaijuError.notFound(.certificationCase) }
    if let revision, revision != locked.revision { throw HaijuError.conflict(current: locked.revision) }
    return locked
  }

  /// Nobody approves the own case, and the two approvals come from two people, not only from two accounts.
  private func checkTwoPeople(_ locked: LockedCase) throws(HaijuError) {
    if locked.isOwn { throw .refused(code: "own_case", message: "不能审核本人的认定") }
    let isSameAccount = locked.employerApprover != nil && locked.employerApprover == action.actor.account
    if locked.state == .awaitingDepartment, isSameAccount || locked.isSameHolder {
      throw .refused(code: "same_person", message: "单位审核和主管部门审核须由两个人完成")
    }
  }

  /// Takes one step of a locked case; approvers are set as given, so leaving them out takes their approval back.
  private func advance(
    _ locked: LockedCase, _ step: CertificationWorkflow.Step, to state: RegistrationState,
    from before: RegistrationState? = nil, employerApprover: AccountID? = nil, departmentApprover: AccountID? = nil,
    decidedAt: Instant? = nil, automatic: Bool = false, employer: EmployerID? = nil, comment: String?
  ) {
    let actor = action.actor
    action.write(
      CertificationStatements.advance, locked.id, state, employerApprover, departmentApprover, decidedAt, step.rawValue,
      before ?? locked.state, automatic ? nil : actor.account, automatic ? "系统" : actor.displayName, comment,
      action.now, employer ?? locked.employer)
  }

  /// The case as this action has left it.
  private func reread(_ id: CertificationCaseID) async throws -> CertificationCase {
    guard let found = try await action.first(CertificationStatements.find, id) else {
      throw HaijuError.notFound(.certificationCase)
    }
    return found
  }
}
