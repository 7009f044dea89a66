import Kernel
import Relational

/// Which sample people to generate.
public struct SeedPlan: Sendable, Hashable {
  /// How many, up to a million.
  public let people: Int
  /// The same seed gives the same people; a larger plan with the same seed adds to a smaller one.
  public let seed: UInt64

  /// A plan.
  public init(people: Int, seed: UInt64 = 1) {
    self.people = people
    self.seed = seed
  }
}

/// How far seeding is.
public struct SeedProgress: Sendable, Hashable {
  /// People that are there now.
  public let done: Int
  /// People of the plan.
  public let total: Int
}

/// What seeding added.
public struct SeedReport: Sendable, Hashable, Encodable {
  /// New people.
  public internal(set) var added = 0
  /// People that were there already.
  public internal(set) var existing = 0
  /// How many of the new people are certified.
  public internal(set) var certified = 0
  /// Service cases of new people; none while no service is published.
  public internal(set) var serviceCases = 0
}

extension Haiju {
  /// Generates sample people with their certification cases, certifications, dossiers and some service cases.
  ///
  /// Everything goes into the normal tables and is marked as sample; nobody gets an account. One commit per 500 people,
  /// so stopping in the middle leaves whole people, and running again adds the rest and changes nothing. The dossiers
  /// reach the document store through the outbox, that is a little later. `.refused(code: "bootstrap")` without the
  /// sample employers and staff of `accounts.bootstrap`. Only for Haiju itself.
  public func seed(
    _ plan: SeedPlan, progress: @Sendable (SeedProgress) -> Void = { _ in }, as actor: Actor
  ) async throws(HaijuError) -> SeedReport {
    let (office, catalogue) = try await core.read(.sampleSeed, as: actor) {
      guard (0...SamplePeople.most).contains(plan.people) else {
        throw HaijuError.invalid([FieldFault("people", "range", "人数应在 0 至 \(SamplePeople.most) 之间")])
      }
      return (try await SampleOffice.load(core.database), try await core.catalogue.current())
    }
    var report = SeedReport()
    for start in stride(from: 0, to: plan.people, by: 500) {
      let numbers = start..<min(start + 500, plan.people)
      let added = try await core.act(as: actor) { action in
        try action.begin(.sampleSeed)
        return try await Seeder(action: action, office: office, catalogue: catalogue).seed(numbers, seed: plan.seed)
      }.value
      report.added += added.added
      report.existing += added.existing
      report.certified += added.certified
      report.serviceCases += added.serviceCases
      progress(SeedProgress(done: numbers.upperBound, total: plan.people))
    }
    return report
  }
}

/// Writes one batch of people in one action.
struct Seeder {
  let action: Action
  let office: SampleOffice
  let catalogue: CatalogueSnapshot

  func seed(_ numbers: Range<Int>, seed: UInt64) async throws -> SeedReport {
    let generator = SamplePeople(seed: seed)
    let people = numbers.compactMap(generator.person)
    let existing = Set(try await action.query(SeedStatements.existing, people.map(\.id)))
    var batch = SeedBatch(core: action.core, office: office, catalogue: catalogue)
    for person in people where !existing.contains(person.id) { try batch.add(person) }
    if !batch.people.isEmpty {
      write(batch)
      action.record(
        .sampleSeed, AuditObject(kind: "sample", id: "\(seed)/\(numbers.lowerBound)-\(numbers.upperBound - 1)"))
    }
    return SeedReport(
      added: batch.people.count, existing: existing.count, certified: batch.certifications.count,
      serviceCases: batch.services.count)
  }

  private func write(_ batch: SeedBatch) {
    let rows = batch.people
    let people = rows.map(\.person)
    action.write(
      SeedStatements.people, people.map(\.id), people.map(\.name), rows.map(\.identitySealed),
      rows.map(\.identityIndex),
      people.map(\.identity.masked), rows.map(\.phoneSealed), rows.map(\.phoneIndex), people.map(\.phone.masked),
      people.map(\.identity.birthDate), rows.map(\.employer.id), people.map(\.degree), people.map(\.jobTitle),
      people.map(\.state), rows.map(\.revision), rows.map { _ in true }, people.map(\.submittedAt))
    let revisions = Dictionary(grouping: batch.changes, by: \.person).mapValues { Int64($0.count) }
    action.write(SeedStatements.heads, people.map(\.id), people.map { revisions[$0.id, default: 0] })
    let changes = batch.changes
    action.write(
      SeedStatements.changes, changes.map(\.person), changes.map(\.revision), changes.map(\.at), changes.map(\.account),
      changes.map(\.json))
    let cases = batch.cases
    action.write(
      SeedStatements.cases, cases.map(\.person.certificationCase), cases.map(\.person.id), cases.map(\.employer),
      cases.map(\.person.state), cases.map(\.employerApprover), cases.map(\.departmentApprover),
      cases.map(\.person.submittedAt), cases.map(\.decidedAt), cases.map(\.revision))
    let steps = batch.steps
    action.write(
      SeedStatements.steps, steps.map(\.caseID), steps.map(\.sequence), steps.map(\.action), steps.map(\.from),
      steps.map(\.to), steps.map(\.account), steps.map(\.actorName), steps.map(\.comment), steps.map(\.at))
    writeCertifications(batch.certifications)
    writeServices(batch)
  }

  private func writeCertifications(_ rows: [SeedBatch.CertificationRow]) {
    let certifications = rows.map(\.certification)
    action.write(
      SeedStatements.certifications, rows.map(\.id), certifications.map(\.person), CertificationRule.scheme,
      certifications.map(\.level), certifications.map(\.validFrom), CertificationRule.id, CertificationRule.version,
      certifications.map(\.validTo), rows.map(\.inputs), rows.map(\.explanation), rows.map(\.caseID),
      certifications.map(\.issuedAt))
    action.write(
      SeedStatements.codes, certifications.map(\.code), certifications.map(\.person), rows.map(\.id),
      certifications.map(\.issuedAt))
  }

  private func writeServices(_ batch: SeedBatch) {
    let rows = batch.services
    guard !rows.isEmpty else { return }
    action.write(
      SeedStatements.services, rows.map(\.id), rows.map(\.code), rows.map(\.definition.id),
      rows.map { Int32($0.definition.version) }, rows.map(\.definition.title), rows.map(\.person), rows.map(\.unit),
      rows.map(\.state), rows.map(\.form), rows.map(\.assignee), rows.map(\.submittedAt), rows.map(\.promisedOn),
      rows.map(\.finishedAt), rows.map(\.result), rows.map(\.revision))
    let steps = batch.serviceSteps
    action.write(
      SeedStatements.serviceSteps, steps.map(\.caseID), steps.map(\.sequence), steps.map(\.action), steps.map(\.from),
      steps.map(\.to), steps.map(\.account), steps.map(\.actorName), steps.map(\.unitName), steps.map(\.comment),
      steps.map(\.at))
    let rated = rows.filter { $0.score != nil }
    action.write(
      SeedStatements.ratings, rated.map(\.id), rated.map(\.person), rated.map { $0.score ?? 5 },
      rated.map { $0.finishedAt ?? $0.submittedAt })
  }
}
