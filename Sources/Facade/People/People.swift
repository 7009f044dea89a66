import Foundation
public import Kernel
import Relational

/// People, known by identity document, each at most once.
public struct People: Sendable {
  let core: Core

  /// Registers a person and starts the case that will certify them.
  ///
  /// The draft is checked and the password hashed first, without a connection; then one commit makes the person, their
  /// account, the dossier's first two sections and the certification case. `.invalid` with all wrong fields at once,
  /// `.duplicate` for an identity number or account name that is known, also when two registrations meet at the same
  /// moment.
  public func register(_ draft: PersonDraft, as actor: Actor) async throws(HaijuError) -> Committed<Registration> {
    let checked = try await check(draft, as: actor)
    return try await core.act(as: actor) { try await $0.people.register(checked) }
  }

  /// Checks a draft and hashes its password, for `PeopleActions.register`; one read, no commit.
  public func check(_ draft: PersonDraft, as actor: Actor) async throws(HaijuError) -> CheckedRegistration {
    try await core.read(.personRegister, as: actor) {
      var input = InputCheck()
      let name = input.personName("name", "姓名", draft.name)
      let identity = IdentityNumber.check(draft.identityNumber, today: CivilDate(core.clock.now()))
      if case .failure(let fault) = identity { input.refuse("identityNumber", fault.rawValue, fault.message) }
      let phone = PhoneNumber(checking: draft.phone)
      if phone == nil { input.refuse("phone", "phone", "手机号应为 11 位大陆手机号，请检查") }
      let jobTitle = input.optionalText("jobTitle", "岗位", draft.jobTitle, upTo: 40)
      let account = input.accountName("account", draft.account)
      input.refuse(
        PasswordPolicy.check(draft.password, accountName: account, personName: name, phone: phone?.text ?? ""))
      let employer = try await core.database.find(EmployerStatements.find, draft.employer)
      if employer == nil { input.refuse("employer", "unknown", "请从列表中选择用人单位") }
      try input.finish()
      guard case .success(let number) = identity, let phone, let employer else {
        throw HaijuError.fault("registration")
      }
      return CheckedRegistration(
        name: name, identity: number, phone: phone, employer: employer, degree: draft.degree, jobTitle: jobTitle,
        account: account, passwordHash: try await core.hash(draft.password))
    }
  }

  /// The person, or `nil` when there is none that this actor may see. One round trip, shared with concurrent look-ups.
  public func find(_ id: PersonID, as actor: Actor) async throws(HaijuError) -> Person? {
    try await core.read(.personRead, .person(id), as: actor) { try await visible(id, actor) }
  }

  /// The person; `.notFound` when there is none that this actor may see, which leaves a record. One round trip.
  public func require(_ id: PersonID, as actor: Actor) async throws(HaijuError) -> Person {
    try await core.read(.personRead, .person(id), as: actor) {
      guard let person = try await visible(id, actor) else { throw HaijuError.notFound(.person) }
      return person
    }
  }

  /// People in the order in which they registered; an officer gets the own employer's. One round trip.
  ///
  /// Identity numbers and phones are looked up by their fingerprint; `.invalid` when the text is no such number.
  public func list(
    _ query: PersonQuery = .all, page: PageRequest = PageRequest(), as actor: Actor
  ) async throws(HaijuError) -> Page<Person> {
    try await core.read(.personList, as: actor) {
      let rows = try await rows(query, after: TimeCursor(page), limit: Int64(page.size + 1), actor)
      return Page(reading: rows, request: page) { TimeCursor(time: $0.createdAt, id: $0.id.uuid).text }
    }
  }

  /// A field that is otherwise only shown masked.
  ///
  /// One commit, which records who opened what and why; nothing is shown without it. `purpose` is 2 to 40 characters
  /// and goes into the record. `.notFound` for people whom the actor may not see.
  public func reveal(
    _ field: PersonalField, of id: PersonID, purpose: String, as actor: Actor
  ) async throws(HaijuError) -> String {
    try await core.act(as: actor) { try await $0.people.reveal(field, of: id, purpose: purpose) }.value
  }

  private func visible(_ id: PersonID, _ actor: Actor) async throws(RelationalError) -> Person? {
    guard let person = try await core.database.find(PersonStatements.find, id),
      actor.maySee(person.id, of: person.employer)
    else { return nil }
    return person
  }

  private func rows(
    _ query: PersonQuery, after cursor: TimeCursor, limit: Int64, _ actor: Actor
  ) async throws -> [Person] {
    let database = core.database
    let (time, id) = (cursor.time, cursor.id)
    // An officer without an employer would see nobody rather than everybody; the table forbids it anyway.
    let own: EmployerID? = actor.role == .employerOfficer ? actor.employer ?? EmployerID(TimeCursor.start.id) : nil
    switch query {
    case .all:
      if let own { return try await database.query(PersonStatements.ofEmployer, own, time, id, limit) }
      return try await database.query(PersonStatements.everybody, own, time, id, limit)
    case .ofEmployer(let employer):
      if let own, own != employer { return [] }
      return try await database.query(PersonStatements.ofEmployer, employer, time, id, limit)
    case .named(let typed):
      let name = typed.trimmingCharacters(in: .whitespacesAndNewlines)
      guard !name.isEmpty, name.count <= 40, !name.unicodeScalars.contains("\0") else { return [] }
      return try await database.query(PersonStatements.named, own, time, id, limit, name, name + "\u{10FFFF}")
    case .identity(let typed):
      switch IdentityNumber.check(typed, today: CivilDate(core.clock.now())) {
      case .success(let number):
        return try await database.query(PersonStatements.byIdentity, own, time, id, limit, core.index(number))
      case .failure(let fault):
        throw HaijuError.invalid([FieldFault("identityNumber", fault.rawValue, fault.message)])
      }
    case .phone(let typed):
      guard let phone = PhoneNumber(checking: typed) else {
        throw HaijuError.invalid([FieldFault("phone", "phone", "手机号应为 11 位大陆手机号，请检查")])
      }
      return try await database.query(PersonStatements.byPhone, own, time, id, limit, core.index(phone))
    }
  }
}
