import Foundation
public import Kernel
import Relational

/// What a person sends to apply for a service.
public struct CaseDraft: Sendable, Hashable {
  /// The service's id.
  public var service: String
  /// Field names and what was filled in.
  public var form: [String: String]
  /// Sent again with the same key, the draft gives the first case and no second one; 1 to 100 characters.
  public var idempotencyKey: String?

  /// An application.
  public init(service: String, form: [String: String], idempotencyKey: String? = nil) {
    self.service = service
    self.form = form
    self.idempotencyKey = idempotencyKey
  }
}

extension Action {
  /// Service cases within this action.
  public var cases: CaseActions { CaseActions(action: self) }
}

/// Steps of service cases that are committed with the action they belong to.
public struct CaseActions: Sendable {
  let action: Action

  /// Applies for a service; see `Cases.submit`.
  public func submit(_ draft: CaseDraft) async throws -> ServiceCase {
    try action.begin(.caseSubmit, .service(typed: draft.service))
    guard let person = action.actor.person else { throw HaijuError.forbidden(.caseSubmit) }
    let key = try checkedKey(draft.idempotencyKey)
    // One submission of a person after the other: the second of two equal ones finds the first.
    guard try await action.first(CaseStatements.lockPerson, person) != nil else {
      throw HaijuError.notFound(.person)
    }
    if let key, let first = try await action.first(CaseStatements.byKey, person, key) {
      guard first.serviceID == draft.service else {
        throw HaijuError.refused(code: "key_reused", message: "这份申请的编号已用于另一项服务，请刷新页面后再提交")
      }
      let known = try first.opened(with: action.core.cipher)
      guard CaseForm.isSame(draft.form, as: known.form) else {
        throw HaijuError.refused(code: "key_reused", message: "这份申请的编号已用于内容不同的申请，请刷新页面后再提交")
      }
      return known
    }
    let definition = try await openDefinition(draft.service, to: person)
    let values = try CaseForm.check(draft.form, fields: definition.fields, today: CivilDate(action.now))
    guard let unit = try await action.first(CaseStatements.unit, definition.unitName) else {
      throw HaijuError.fault("service without unit")
    }
    let id = ServiceCaseID.make(at: action.now)
    var random = SystemRandomNumberGenerator()
    let today = CivilDate(action.now)
    action.write(
      CaseStatements.insert, id, CaseCode.make(on: today, using: &random), definition.id, Int32(definition.version),
      definition.title, person, unit, try SealedForm.seal(values, of: id, with: action.core.cipher), key, action.now,
      WorkingDays.day(definition.timeLimitDays, after: today))
    return try await finish(.submit, id, from: nil, to: .submitted, operation: .caseSubmit, comment: nil)
  }

  /// Sends a returned case again with a corrected form; see `Cases.resubmit`.
  public func resubmit(_ id: ServiceCaseID, form: [String: String], expecting revision: Int64? = nil) async throws
    -> ServiceCase
  {
    try action.begin(.caseSubmit, .serviceCase(id))
    let stored = try await locked(id, expecting: revision, by: .applicant)
    let next = try CaseWorkflow.state(after: .resubmit, from: stored.state, by: .applicant)
    let definition = try await openDefinition(stored.serviceID, to: stored.person)
    let values = try CaseForm.check(form, fields: definition.fields, today: CivilDate(action.now))
    move(
      id, to: next, form: try SealedForm.seal(values, of: id, with: action.core.cipher), submittedAt: action.now,
      promisedOn: WorkingDays.day(definition.timeLimitDays, after: CivilDate(action.now)))
    return try await finish(.resubmit, id, from: stored.state, to: next, operation: .caseSubmit, comment: nil)
  }

  /// A clerk's step, or the applicant's withdrawal.
  func step(
    _ step: CaseAction, _ id: ServiceCaseID, expecting revision: Int64?, by party: CaseWorkflow.Party,
    operation: Operation, comment: String? = nil, result: String? = nil
  ) async throws -> ServiceCase {
    try action.begin(operation, .serviceCase(id))
    let stored = try await locked(id, expecting: revision, by: party)
    let next = try CaseWorkflow.state(after: step, from: stored.state, by: party)
    move(
      id, to: next, finishedAt: next.isFinished ? action.now : nil, result: result,
      assignee: party == .clerk ? action.actor.account : nil)
    return try await finish(
      step, id, from: stored.state, to: next, operation: operation, comment: comment ?? result,
      unitName: party == .clerk ? stored.unitName : nil)
  }

  /// The applicant's rating of a completed case; see `Cases.rate`.
  public func rate(_ id: ServiceCaseID, score: Int, comment: String?) async throws -> ServiceCase {
    try action.begin(.caseRate, .serviceCase(id))
    guard (1...5).contains(score) else {
      throw HaijuError.invalid([FieldFault("score", "range", "请在 1 至 5 分之间打分")])
    }
    let comment = try checkedRemark(comment, field: "comment", label: "评语", required: false, atMost: 500)
    let stored = try await locked(id, expecting: nil, by: .applicant)
    let next = try CaseWorkflow.state(after: .rate, from: stored.state, by: .applicant)
    if stored.score != nil { throw HaijuError.refused(code: "rated", message: "您已经评价过这件办件") }
    action.write(
      CaseStatements.rate, id, stored.person, Int16(score), comment, action.now)
    move(id, to: next)
    return try await finish(.rate, id, from: stored.state, to: next, operation: .caseRate, comment: comment)
  }

  // MARK: - Parts of a step

  /// The definition in use, if it is open to the person at this moment.
  private func openDefinition(_ id: String, to person: PersonID) async throws -> ServiceDefinition {
    guard let definition = try await action.core.catalogue.current()[id] else { throw HaijuError.notFound(.service) }
    if definition.channel == .external {
      throw HaijuError.refused(
        code: "external", message: "“\(definition.title)”在它自己的系统中办理，请按事项说明前往该系统申请")
    }
    let standing = try await action.first(ServiceStatements.standing, person, CivilDate(action.now))
    guard let standing else { throw HaijuError.notFound(.person) }
    let eligibility = definition.audience.eligibility(of: standing)
    guard eligibility.open else {
      throw HaijuError.refused(code: "not_eligible", message: eligibility.reasons.joined(separator: "；"))
    }
    return definition
  }

  /// The case under its lock; `.notFound` for what belongs to another person or unit.
  private func locked(
    _ id: ServiceCaseID, expecting revision: Int64?, by party: CaseWorkflow.Party
  ) async throws -> StoredCase {
    guard let stored = try await action.first(CaseStatements.lock, id) else {
      throw HaijuError.notFound(.serviceCase)
    }
    let isOwn = party == .applicant ? stored.person == action.actor.person : stored.unit == action.actor.unit
    guard isOwn else { throw HaijuError.notFound(.serviceCase) }
    if let revision, revision != stored.revision { throw HaijuError.conflict(current: stored.revision) }
    return stored
  }

  private func move(
    _ id: ServiceCaseID, to state: CaseState, finishedAt: Instant? = nil, result: String? = nil,
    assignee: AccountID? = nil, form: [UInt8]? = nil, submittedAt: Instant? = nil, promisedOn: CivilDate? = nil
  ) {
    action.write(
      CaseStatements.move, id, state, finishedAt, result, assignee, form, submittedAt, promisedOn)
  }

  /// Writes the step, the audit row and, when the state changed, the notice to the applicant.
  private func finish(
    _ step: CaseAction, _ id: ServiceCaseID, from: CaseState?, to: CaseState, operation: Operation, comment: String?,
    unitName: String? = nil
  ) async throws -> ServiceCase {
    let sequence = try await action.first(
      CaseStatements.step, id, step, from, to, action.actor.account, action.actor.displayName, unitName, comment,
      action.now)
    action.record(operation, .serviceCase(id))
    guard let stored = try await action.first(CaseStatements.one, id) else {
      throw HaijuError.notFound(.serviceCase)
    }
    if from != to {
      let text = CaseNotice(step, stored, comment: comment)
      action.inbox.send(
        to: stored.person, kind: .case, title: text.title, body: text.body, link: "/cases/\(id)",
        event: "case.\(id).\(sequence ?? 0)")
    }
    return try stored.opened(with: action.core.cipher)
  }

  private func checkedKey(_ key: String?) throws(HaijuError) -> String? {
    guard let key else { return nil }
    guard (1...100).contains(key.unicodeScalars.count), !key.unicodeScalars.contains("\u{0}") else {
      throw .invalid([FieldFault("idempotencyKey", "length", "防重复提交的编号应有 1 至 100 个字符")])
    }
    return key
  }
}
