public import Kernel
import Relational

extension Action {
  /// People within this action.
  public var people: PeopleActions { PeopleActions(action: self) }
}

/// What can be done to people as part of an action.
public struct PeopleActions: Sendable {
  let action: Action

  /// Registers a person whose draft was checked; see `People.register`. Two round trips before the commit.
  public func register(_ checked: CheckedRegistration) async throws -> Registration {
    let id = PersonID.make(at: action.now)
    let account = AccountID.make(at: action.now)
    let certificationCase = CertificationCaseID.make(at: action.now)
    try action.begin(.personRegister, .person(id))
    let core = action.core
    action.write(
      PersonStatements.register, id, checked.name, try core.seal(checked.identity.text, .identityNumber, of: id),
      core.index(checked.identity), checked.identity.masked, try core.seal(checked.phone.text, .phone, of: id),
      core.index(checked.phone), checked.phone.masked, checked.identity.birthDate, checked.employer.id, checked.degree,
      checked.jobTitle, action.now, account, checked.account, checked.passwordHash, certificationCase)
    try await begin(dossier: id, checked)
    action.record(.personRegister, .person(id))
    return Registration(
      person: Person(id, checked, at: action.now), certificationCase: certificationCase, account: account)
  }

  /// Opens a sealed field; see `People.reveal`. One round trip before the commit.
  public func reveal(_ field: PersonalField, of id: PersonID, purpose: String) async throws -> String {
    try action.begin(.personReveal, .person(id))
    var input = InputCheck()
    let purpose = input.text("purpose", "查看用途", purpose, 2...40)
    try input.finish()
    let statement = field == .phone ? PersonStatements.sealedPhone : PersonStatements.sealedIdentity
    guard let stored = try await action.first(statement, id), action.actor.maySee(id, of: stored.employer)
    else { throw HaijuError.notFound(.person) }
    // What is opened leaves the action only when this record has been committed.
    let actor = action.actor
    action.write(
      AuditStatements.insert, actor.account, actor.role.rawValue, actor.address, Operation.personReveal.rawValue,
      "person", id.description, AuditResult.done.rawValue, "\(field.rawValue): \(purpose)", actor.trace)
    return try action.core.open(stored.sealed, field, of: id)
  }

  /// The dossier's first two sections, each value with who vouches for it.
  private func begin(dossier id: PersonID, _ checked: CheckedRegistration) async throws {
    action.dossiers.create(id)
    try await action.dossiers.change(id, section: .identity) { edit in
      edit.set("name", .text(checked.name), source: Source.person)
      edit.set(
        "identityNumber", .secret(checked.identity.text, masked: checked.identity.masked), source: Source.person)
      edit.set("birthDate", .date(checked.identity.birthDate), source: Source.identityNumber)
      edit.set("phone", .secret(checked.phone.text, masked: checked.phone.masked), source: Source.person)
    }
    try await action.dossiers.change(id, section: .work) { edit in
      edit.setWork(checked.employer, checked.degree, checked.jobTitle, source: Source.person)
    }
  }
}

/// Who vouches for a value in a dossier.
enum Source {
  static let person = "本人填报"
  static let identityNumber = "身份证号推算"
  static let employer = "单位审核"
}

extension SectionEdit {
  /// The fields of the section `work`.
  mutating func setWork(_ employer: Employer, _ degree: Degree, _ jobTitle: String?, source: String) {
    set("employer", .text(employer.name), source: source)
    set("district", .text(employer.district.title), source: source)
    set("degree", .text(degree.title), source: source)
    if let jobTitle { set("jobTitle", .text(jobTitle), source: source) }
  }
}
