public import Kernel
import Relational

/// Certification from registration to talent code: the employer vouches, the department approves, a rule decides.
public struct Certifications: Sendable {
  let core: Core

  /// What waits for this actor, oldest first: for an officer the own employer's cases, for a reviewer all that employers
  /// have approved. One round trip.
  public func queue(page: PageRequest = PageRequest(), as actor: Actor) async throws(HaijuError) -> Page<
    CertificationCase
  > {
    try await core.read(.certificationQueue, as: actor) {
      let cursor = try TimeCursor(page)
      let (time, id, limit) = (cursor.time, cursor.id, Int64(page.size + 1))
      let rows =
        if actor.role == .employerOfficer {
          try await core.database.query(CertificationStatements.employerQueue, time, id, limit, actor.employer)
        } else {
          try await core.database.query(CertificationStatements.departmentQueue, time, id, limit)
        }
      return Page(reading: rows, request: page) { TimeCursor(time: $0.submittedAt, id: $0.id.uuid).text }
    }
  }

  /// The case; `.notFound` when there is none that this actor may see. One round trip.
  public func require(_ id: CertificationCaseID, as actor: Actor) async throws(HaijuError) -> CertificationCase {
    try await core.read(.certificationRead, .certification(id), as: actor) { try await visible(id, actor) }
  }

  /// What happened to a case, in order. Two round trips.
  public func steps(_ id: CertificationCaseID, as actor: Actor) async throws(HaijuError) -> [CertificationStep] {
    try await core.read(.certificationRead, .certification(id), as: actor) {
      _ = try await visible(id, actor)
      return try await core.database.query(CertificationStatements.steps, id)
    }
  }

  /// The person's latest case, which is the open one if there is any; `nil` when there is none that this actor may see.
  /// One round trip.
  public func openCase(of person: PersonID, as actor: Actor) async throws(HaijuError) -> CertificationCase? {
    try await core.read(.certificationRead, .person(person), as: actor) {
      guard let latest = try await core.database.first(CertificationStatements.latest, person),
        actor.maySee(latest.person, of: latest.employer)
      else { return nil }
      return latest
    }
  }

  /// What the person is certified as at this moment; `nil` when nothing was issued, it has expired or was revoked.
  ///
  /// `.notFound` for people whom the actor may not see. Two round trips; one for the person itself.
  public func current(of person: PersonID, as actor: Actor) async throws(HaijuError) -> Certification? {
    try await core.read(.certificationRead, .person(person), as: actor) {
      if actor.person != person {
        guard let known = try await core.database.find(PersonStatements.find, person),
          actor.maySee(person, of: known.employer)
        else { throw HaijuError.notFound(.person) }
      }
      return try await core.currentCertification(of: person)
    }
  }

  /// Approves a case as its employer's officer or as a reviewer; the reviewer's approval runs the rule in the same commit.
  ///
  /// `expecting` is the revision that was looked at: `.conflict` when the case has moved on. Of two approvals at the same
  /// moment one takes the step. `.refused` in the wrong order, for the own case, and when one person would approve twice;
  /// `.notFound` for cases of others.
  public func approve(
    _ id: CertificationCaseID, expecting revision: Int64? = nil, comment: String? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<CertificationOutcome> {
    try await core.act(as: actor) {
      try await $0.certifications.approve(id, expecting: revision, comment: comment)
    }
  }

  /// Sends a case back to the person, who is told why; approvals given before are given up. One commit.
  public func returnForCorrection(
    _ id: CertificationCaseID, expecting revision: Int64? = nil, comment: String, as actor: Actor
  ) async throws(HaijuError) -> Committed<CertificationCase> {
    try await core.act(as: actor) {
      try await $0.certifications.returnForCorrection(id, expecting: revision, comment: comment)
    }
  }

  /// Submits a returned case again, with corrections; it waits for the employer anew. One commit. By the person only.
  public func resubmit(
    _ id: CertificationCaseID, correcting correction: CertificationCorrection = CertificationCorrection(),
    comment: String? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<CertificationCase> {
    try await core.act(as: actor) {
      try await $0.certifications.resubmit(id, correcting: correction, comment: comment)
    }
  }

  private func visible(_ id: CertificationCaseID, _ actor: Actor) async throws -> CertificationCase {
    guard let found = try await core.database.first(CertificationStatements.find, id),
      actor.maySee(found.person, of: found.employer)
    else { throw HaijuError.notFound(.certificationCase) }
    return found
  }
}

extension Core {
  /// What a person is certified as today in Shanghai, whoever asks; for decisions of Haiju itself.
  func currentCertification(of person: PersonID) async throws(RelationalError) -> Certification? {
    try await database.first(CertificationStatements.current, person, CivilDate(clock.now()))
  }
}
