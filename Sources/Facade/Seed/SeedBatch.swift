import Foundation
import GMCrypto
import Kernel

/// The rows of some generated people, table by table, ready to be written.
struct SeedBatch {
  struct PersonRow {
    let person: SamplePerson
    let employer: Employer
    let revision: Int64
    let identitySealed: [UInt8]
    let identityIndex: [UInt8]
    let phoneSealed: [UInt8]
    let phoneIndex: [UInt8]
  }

  struct ChangeRow {
    let person: PersonID
    let revision: Int64
    let at: Instant
    let account: AccountID?
    let json: String
  }

  struct CaseRow {
    let person: SamplePerson
    let employer: EmployerID
    let employerApprover: AccountID?
    let departmentApprover: AccountID?
    let decidedAt: Instant?
    let revision: Int64
  }

  struct StepRow {
    let caseID: UUID
    let sequence: Int32
    let action: String
    let from: String?
    let to: String
    let account: AccountID?
    let actorName: String
    let unitName: String?
    let comment: String?
    let at: Instant
  }

  struct CertificationRow {
    let id: Identifier<Certification>
    let certification: Certification
    let caseID: CertificationCaseID
    let inputs: String
    let explanation: String
  }

  struct ServiceRow {
    let id: ServiceCaseID
    let code: String
    let definition: ServiceDefinition
    let person: PersonID
    let unit: UnitID
    let state: CaseState
    let form: [UInt8]
    let assignee: AccountID?
    let submittedAt: Instant
    let promisedOn: CivilDate
    let finishedAt: Instant?
    let result: String?
    let revision: Int64
    let score: Int16?
  }

  private(set) var people: [PersonRow] = []
  private(set) var changes: [ChangeRow] = []
  private(set) var cases: [CaseRow] = []
  private(set) var steps: [StepRow] = []
  private(set) var certifications: [CertificationRow] = []
  private(set) var services: [ServiceRow] = []
  private(set) var serviceSteps: [StepRow] = []

  let core: Core
  let office: SampleOffice
  let catalogue: CatalogueSnapshot

  init(core: Core, office: SampleOffice, catalogue: CatalogueSnapshot) {
    self.core = core
    self.office = office
    self.catalogue = catalogue
  }

  /// Adds everything about one person.
  mutating func add(_ person: SamplePerson) throws {
    let employer = office.employers[person.employerChoice % office.employers.count]
    let officer = office.officers[employer.id]
    let reviewer = office.reviewers[person.employerChoice % office.reviewers.count]
    let certification = try certify(person, employer)
    let steps = certificationSteps(person, officer, reviewer, certification)
    self.steps += steps
    // Registering is revision 1 and each step after it adds one, for the case as for the person.
    let revision = Int64(steps.count)
    people.append(
      PersonRow(
        person: person, employer: employer, revision: revision,
        identitySealed: try core.seal(person.identity.text, .identityNumber, of: person.id),
        identityIndex: core.index(person.identity),
        phoneSealed: try core.seal(person.phone.text, .phone, of: person.id),
        phoneIndex: core.index(person.phone)))
    let isApproved = person.state == .awaitingDepartment || person.state == .certified
    cases.append(
      CaseRow(
        person: person, employer: employer.id, employerApprover: isApproved ? officer?.id : nil,
        departmentApprover: certification == nil ? nil : reviewer.id,
        decidedAt: certification == nil ? nil : person.departmentDecidedAt, revision: revision))
    try addDossier(person, employer, isApproved ? officer?.id : nil, certification, reviewer.id)
    if let certification { try addServiceCase(person, employer, certification) }
  }

  // MARK: - Certification

  private mutating func certify(_ person: SamplePerson, _ employer: Employer) throws -> Certification? {
    guard person.state == .certified else { return nil }
    let inputs = CertificationRule.Inputs(
      degree: person.degree, birthDate: person.identity.birthDate, isKeyIndustry: employer.isKeyIndustry,
      district: employer.district, on: CivilDate(person.departmentDecidedAt))
    let decision = CertificationRule.decide(inputs)
    // Generated people are grown up, and the rule has a level for every one of them.
    guard let level = decision.level else { throw HaijuError.fault("sample person without level") }
    let certification = Certification(
      person: person.id, level: level, explanation: decision.explanation, code: person.code,
      at: person.departmentDecidedAt)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    certifications.append(
      CertificationRow(
        id: person.certification, certification: certification, caseID: person.certificationCase,
        inputs: String(decoding: try encoder.encode(inputs), as: UTF8.self),
        explanation: String(decoding: try encoder.encode(decision.explanation), as: UTF8.self)))
    return certification
  }

  private func certificationSteps(
    _ person: SamplePerson, _ officer: SampleOffice.Staff?, _ reviewer: SampleOffice.Staff,
    _ certification: Certification?
  ) -> [StepRow] {
    var steps: [StepRow] = []
    func add(
      _ step: CertificationWorkflow.Step, from: RegistrationState?, to: RegistrationState, _ account: AccountID?,
      _ name: String, at: Instant, comment: String? = nil
    ) {
      steps.append(
        StepRow(
          caseID: person.certificationCase.uuid, sequence: Int32(steps.count + 1), action: step.rawValue,
          from: from?.rawValue, to: to.rawValue, account: account, actorName: name, unitName: nil, comment: comment,
          at: at))
    }
    add(.submit, from: nil, to: .awaitingEmployer, nil, person.name, at: person.submittedAt)
    switch person.state {
    case .awaitingEmployer, .refused: break
    case .returned:
      add(
        .returned, from: .awaitingEmployer, to: .returned, officer?.id, officer?.name ?? "经办人（示例）",
        at: person.employerDecidedAt, comment: "请补充岗位证明（示例）")
    case .awaitingDepartment, .certified:
      add(
        .employerApprove, from: .awaitingEmployer, to: .awaitingDepartment, officer?.id, officer?.name ?? "经办人（示例）",
        at: person.employerDecidedAt)
    }
    if let certification {
      add(
        .departmentApprove, from: .awaitingDepartment, to: .awaitingDepartment, reviewer.id, reviewer.name,
        at: person.departmentDecidedAt)
      add(
        .certify, from: .awaitingDepartment, to: .certified, nil, "系统", at: person.departmentDecidedAt,
        comment: certification.explanation.joined(separator: "；"))
    }
    return steps
  }

  // MARK: - Dossier

  private mutating func addDossier(
    _ person: SamplePerson, _ employer: Employer, _ officer: AccountID?, _ certification: Certification?,
    _ reviewer: AccountID
  ) throws {
    var revision: Int64 = 0
    func change(
      _ section: DossierSection, at: Instant, by account: AccountID?, _ edit: (inout SectionEdit) -> Void
    ) throws -> ChangeRow {
      var collected = SectionEdit()
      edit(&collected)
      revision += 1
      let document = try DossierChangeDocument(
        section, collected, of: person.id, recordedAt: at, cipher: core.cipher)
      return ChangeRow(person: person.id, revision: revision, at: at, account: account, json: try document.json())
    }
    changes.append(
      try change(.identity, at: person.submittedAt, by: nil) { edit in
        edit.set("name", .text(person.name), source: Source.person)
        edit.set(
          "identityNumber", .secret(person.identity.text, masked: person.identity.masked), source: Source.person)
        edit.set("birthDate", .date(person.identity.birthDate), source: Source.identityNumber)
        edit.set("phone", .secret(person.phone.text, masked: person.phone.masked), source: Source.person)
      })
    changes.append(
      try change(.work, at: person.submittedAt, by: nil) {
        $0.setWork(employer, person.degree, person.jobTitle, source: Source.person)
      })
    if let officer {
      changes.append(
        try change(.work, at: person.employerDecidedAt, by: officer) {
          $0.setWork(employer, person.degree, person.jobTitle, source: Source.employer)
        })
    }
    if let certification {
      changes.append(
        try change(.certification, at: person.departmentDecidedAt, by: reviewer) {
          $0.setCertification(certification)
        })
    }
  }

  // MARK: - Service case

  /// One in five certified people has applied for something that is open to them.
  private mutating func addServiceCase(
    _ person: SamplePerson, _ employer: Employer, _ certification: Certification
  ) throws {
    var random = person.random
    let standing = Standing(district: employer.district, level: certification.level, certifiedUntil: nil)
    let open = catalogue.definitions.filter {
      $0.audience.eligibility(of: standing).open && office.clerks[$0.unitName]?.unit != nil
    }
    guard random.happens(20), !open.isEmpty else { return }
    let definition = random.pick(open)
    guard let clerk = office.clerks[definition.unitName], let unit = clerk.unit else { return }
    let story = SampleServiceStory(person, definition, clerk, using: &random)
    serviceSteps += story.steps
    services.append(
      ServiceRow(
        id: story.id, code: story.code, definition: definition, person: person.id, unit: unit, state: story.state,
        form: try SealedForm.seal(story.form, of: story.id, with: core.cipher),
        assignee: story.isAccepted ? clerk.id : nil, submittedAt: story.submittedAt,
        promisedOn: WorkingDays.day(definition.timeLimitDays, after: CivilDate(story.submittedAt)),
        finishedAt: story.finishedAt, result: story.result, revision: Int64(story.steps.count), score: story.score))
  }
}
