public import Kernel
import Relational

/// Which cases to list.
public enum CaseQuery: Sendable, Hashable {
  /// The applicant's own, newest first.
  case mine
  /// What waits for the clerk's unit, oldest first.
  case awaiting
}

/// What people applied for and how far it is.
///
/// An applicant sees the own cases, a clerk those of the own unit; any other id is `.notFound`.
public struct Cases: Sendable {
  let core: Core

  /// Applies for a service.
  ///
  /// One commit: case, first step, audit row and notice. Whether the service is open to the person is decided inside,
  /// with the certification that is valid at that moment: `.refused(code: "not_eligible")` with the reasons otherwise.
  /// Wrong fields are `.invalid`, all at once. With an idempotency key the first case comes back however often and
  /// however concurrently it is sent. `.refused(code: "case_open")` while the person has an unfinished case of it.
  public func submit(_ draft: CaseDraft, as actor: Actor) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { try await $0.cases.submit(draft) }
  }

  /// Sends a returned case again with a corrected form, under the definition and the eligibility of now.
  public func resubmit(
    _ id: ServiceCaseID, form: [String: String], expecting revision: Int64? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { try await $0.cases.resubmit(id, form: form, expecting: revision) }
  }

  /// Cases in keyset pages; one round trip.
  public func list(
    _ query: CaseQuery, page: PageRequest = PageRequest(), as actor: Actor
  ) async throws(HaijuError) -> Page<ServiceCase> {
    let operation: Operation = query == .mine ? .caseRead : .caseQueue
    return try await core.read(operation, as: actor) {
      let rows: [StoredCase]
      switch (query, actor.person, actor.unit) {
      case (.mine, let person?, _):
        let before = try TimeCursor(newestFirst: page)
        rows = try await core.database.query(
          CaseStatements.ofPerson, person, before.time, before.id, Int64(page.size + 1))
      case (.awaiting, _, let unit?):
        let after = try TimeCursor(page)
        rows = try await core.database.query(
          CaseStatements.awaiting, unit, after.time, after.id, Int64(page.size + 1))
      default: throw HaijuError.forbidden(operation)
      }
      let cases = try rows.map { try $0.opened(with: core.cipher) }
      return Page(reading: cases, request: page) { TimeCursor(time: $0.submittedAt, id: $0.id.uuid).text }
    }
  }

  /// A case; one round trip.
  public func require(_ id: ServiceCaseID, as actor: Actor) async throws(HaijuError) -> ServiceCase {
    try await core.read(.caseRead, .serviceCase(id), as: actor) {
      try visible(try await core.database.first(CaseStatements.one, id), to: actor).opened(with: core.cipher)
    }
  }

  /// A case by the code that people ask for it with, `nil` when there is none that this actor may see.
  public func find(code: String, as actor: Actor) async throws(HaijuError) -> ServiceCase? {
    try await core.read(.caseRead, as: actor) {
      guard code.utf8.count <= 40, !code.unicodeScalars.contains("\u{0}") else { return nil }
      let stored = try await core.database.first(CaseStatements.byCode, CaseCode.normalized(code))
      guard let stored else { return nil }
      guard isVisible(stored, to: actor) else {
        // The answer is the same as for a code that does not exist; the trail knows the difference.
        await core.recordFailure(.notFound(.serviceCase), of: .caseRead, .serviceCase(stored.id), actor)
        return nil
      }
      return try stored.opened(with: core.cipher)
    }
  }

  /// Every step of a case, oldest first; two round trips.
  public func steps(_ id: ServiceCaseID, as actor: Actor) async throws(HaijuError) -> [ServiceCaseStep] {
    try await core.read(.caseRead, .serviceCase(id), as: actor) {
      _ = try visible(try await core.database.first(CaseStatements.one, id), to: actor)
      return try await core.database.query(CaseStatements.steps, id)
    }
  }

  /// What this actor may do with a case next, for the buttons of a page.
  public func actions(on serviceCase: ServiceCase, as actor: Actor) -> [CaseAction] {
    let party: CaseWorkflow.Party
    switch actor.role {
    case .talent where serviceCase.person == actor.person: party = .applicant
    case .windowClerk where serviceCase.unit == actor.unit: party = .clerk
    default: return []
    }
    return CaseWorkflow.actions(from: serviceCase.state, by: party).filter { $0 != .rate || serviceCase.rating == nil }
  }

  private func isVisible(_ stored: StoredCase, to actor: Actor) -> Bool {
    actor.role == .system || (actor.person != nil && stored.person == actor.person)
      || (actor.role == .windowClerk && stored.unit == actor.unit)
  }

  private func visible(_ stored: StoredCase?, to actor: Actor) throws(HaijuError) -> StoredCase {
    guard let stored, isVisible(stored, to: actor) else { throw .notFound(.serviceCase) }
    return stored
  }
}
