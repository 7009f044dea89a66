public import Kernel
import Relational

/// One dossier per person.
public struct Dossiers: Sendable {
  let core: Core

  /// The person's dossier, never older than the last commit that PostgreSQL has acknowledged.
  ///
  /// Read from the cache or the document store; changes that are not there yet are laid over it from the log, and
  /// while the document store is away the log alone answers. So a read after a write always shows it, with or
  /// without its mark; the mark is for readers of replicas. One round trip to PostgreSQL, one to the cache or the document store. A person
  /// that the actor may not see is `.notFound`.
  public func require(
    _ person: PersonID, atLeast mark: CommitMark? = nil, as actor: Actor
  ) async throws(HaijuError) -> Dossier {
    try await core.read(.dossierRead, .person(person), as: actor) {
      let head = try await visibleHead(person, as: actor)
      let (document, origin) = try await current(head)
      return Dossier(document, head, origin)
    }
  }

  /// All revisions of a dossier, newest first; at most 1 000.
  ///
  /// Three round trips to PostgreSQL, whatever the length.
  public func history(_ person: PersonID, as actor: Actor) async throws(HaijuError) -> [DossierChange] {
    try await core.read(.dossierRead, .person(person), as: actor) {
      _ = try await visibleHead(person, as: actor)
      let changes = try await core.database.query(DossierStatements.changesAfter, person, Int64(0))
      let accounts = Array(Set(changes.compactMap(\.account)))
      let names = try await core.database.query(DossierStatements.changers, accounts)
      let byAccount = Dictionary(uniqueKeysWithValues: names.map { ($0.account, $0.name) })
      return changes.reversed().map { change in
        DossierChange(
          revision: change.revision, recordedAt: change.recordedAt,
          actorName: change.account.flatMap { byAccount[$0] }, section: change.document.section,
          labels: change.document.fields.map { change.document.section.label(of: $0.name) })
      }
    }
  }

  private func visibleHead(_ person: PersonID, as actor: Actor) async throws -> DossierHead {
    guard let head = try await core.database.find(DossierStatements.head, person), actor.mayRead(head) else {
      throw HaijuError.notFound(.person)
    }
    return head
  }

  private func current(_ head: DossierHead) async throws -> (DossierDocument, Dossier.Origin) {
    if let copy = await core.dossierStore.cached(head.person, atLeast: head.revision) { return (copy, .cache) }
    var isAway = core.projector.isAway
    var document = DossierDocument(person: head.person)
    if !isAway {
      do {
        let patience = Deadline.after(.milliseconds(500))
        document = try await core.dossierStore.load(head.person, deadline: patience) ?? document
      } catch {
        // The next reads need not find out for themselves.
        core.projector.noteAway(error)
        isAway = true
      }
    }
    let stored = document.revision
    if stored >= head.revision {
      await core.dossierStore.copyToCache(document)
      return (document, .documents)
    }
    document.apply(try await core.database.query(DossierStatements.changesAfter, head.person, stored))
    return (document, isAway ? .log : .overlaid(pending: Int(document.revision - stored)))
  }
}

extension Actor {
  /// Whether the actor's rows include this person: the own dossier, the own employer's people, or all for a reviewer.
  func mayRead(_ head: DossierHead) -> Bool {
    switch role {
    case .talent: person == head.person
    case .employerOfficer: employer == head.employer
    case .reviewer, .system: true
    default: false
    }
  }
}

extension Dossier {
  init(_ document: DossierDocument, _ head: DossierHead, _ origin: Origin) {
    person = document.person
    revision = document.revision
    isSample = head.isSample
    self.origin = origin
    sections = document.sections.entries.compactMap { name, content in
      guard let section = DossierSection(rawValue: name) else { return nil }
      return Section(
        section: section, title: section.title,
        fields: content.fields.entries.map { name, field in
          Field(
            name: name, label: section.label(of: name), value: field.value, isSecret: field.sealed != nil,
            source: field.source, validFrom: CivilDate(field.validFrom), recordedAt: field.recordedAt,
            revision: field.revision)
        })
    }
  }
}
