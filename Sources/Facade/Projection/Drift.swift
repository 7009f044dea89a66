import Foundation
public import Kernel
import Relational

/// One place where the document store and the log do not agree.
public struct DriftDifference: Sendable, Hashable, Codable {
  /// What is wrong.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// The person has no dossier in the document store.
    case missing
    /// The dossier is older than the log and its change is on its way.
    case pending
    /// The dossier is older than the log and nothing is on its way.
    case behind
    /// The dossier is newer than the log.
    case ahead
    /// The revision is right, the content is not.
    case different
    /// There is a dossier of nobody.
    case orphan
  }

  /// Whose dossier.
  public let person: PersonID
  /// What is wrong.
  public let kind: Kind
  /// The revision of the log.
  public let expected: Int64
  /// The revision in the document store, 0 when there is none.
  public let found: Int64
}

/// What a comparison of the stores found.
public struct DriftReport: Sendable, Hashable, Codable {
  /// How many people were compared.
  public var people: Int
  /// How many dossiers the document store has.
  public var dossiers: Int
  /// How many differences there are; pending ones included.
  public var differences: Int
  /// Whether contents were compared as well as revisions.
  public let comparedContents: Bool
}

extension Haiju {
  /// Compares people with dossiers and hands over each difference; memory stays flat however many people there are.
  ///
  /// Reads both stores in pages of 500 by id. With `contents`, each dossier is folded anew from the log and compared with the stored one. Other
  /// requests go on meanwhile; what they change during the comparison is looked at a second time before it is called a difference.
  /// Throws `.unavailable` when a store is away.
  public func drift(
    contents: Bool = true, as actor: Actor, onDifference: @Sendable (DriftDifference) async -> Void
  ) async throws(HaijuError) -> DriftReport {
    try await core.read(.driftRead, as: actor) {
      try await DriftComparison(core: core, contents: contents).run(onDifference)
    }
  }

  /// Folds one dossier, or all, anew from the log; the result is byte-equal to what it should have been.
  ///
  /// Returns how many were made. While one is being made, reads of it are answered from the log.
  @discardableResult
  public func rebuild(_ person: PersonID? = nil, as actor: Actor) async throws(HaijuError) -> Int {
    let made = try await core.read(.dossierRebuild, person.map { .person($0) }, as: actor) {
      if let person { return try await core.refold([person]) }
      var made = 0
      var last: PersonID?
      while true {
        let page = try await core.heads(after: last, limit: 200)
        guard let end = page.last?.person else { break }
        made += try await core.refold(page.map(\.person))
        last = end
      }
      return made
    }
    _ = try await core.act(as: actor) { action in
      action.record(.dossierRebuild, person.map { .person($0) } ?? AuditObject(kind: "dossier", id: "all"))
    }
    return made
  }
}

/// A walk through both stores side by side.
private struct DriftComparison {
  let core: Core
  let contents: Bool
  private let pageSize = 500

  init(core: Core, contents: Bool) {
    self.core = core
    self.contents = contents
  }

  /// One pass over both stores in order of id: a page of heads, then the dossiers of the same stretch.
  func run(_ onDifference: @Sendable (DriftDifference) async -> Void) async throws -> DriftReport {
    var report = DriftReport(people: 0, dossiers: 0, differences: 0, comparedContents: contents)
    var last: PersonID?
    repeat {
      let heads = try await core.heads(after: last, limit: pageSize)
      // The last stretch is open: what lies behind the last person is of nobody.
      let end = heads.count == pageSize ? heads.last?.person : nil
      let stored = try await core.dossierStore.scan(after: last, through: end, contents: contents)
      report.people += heads.count
      report.dossiers += stored.count
      var found = try await settled(differences(heads, stored))
      found += try await orphans(stored, besides: heads)
      report.differences += found.count
      for difference in found { await onDifference(difference) }
      last = end
    } while last != nil
    return report
  }

  /// Dossiers of nobody. People who registered after the heads were read are somebody.
  private func orphans(
    _ stored: [PersonID: StoredDossier], besides heads: [DossierRevision]
  ) async throws -> [DriftDifference] {
    let strangers = Set(stored.keys).subtracting(heads.map(\.person))
    guard !strangers.isEmpty else { return [] }
    let known = Set(try await core.database.query(DossierStatements.headsOf, Array(strangers)).map(\.person))
    return strangers.subtracting(known).sorted().map { person in
      DriftDifference(person: person, kind: .orphan, expected: 0, found: stored[person]?.revision ?? 0)
    }
  }

  /// The differences that are still there when the two stores are read once more: a change that was being brought over
  /// during the first look is none.
  private func settled(_ first: [DriftDifference]) async throws -> [DriftDifference] {
    guard !first.isEmpty else { return [] }
    let people = first.map(\.person)
    let stored = try await core.dossierStore.load(people, deadline: .after(.seconds(10))).mapValues(StoredDossier.init)
    return try await differences(core.database.query(DossierStatements.headsOf, people), stored)
  }

  private func differences(
    _ heads: [DossierRevision], _ stored: [PersonID: StoredDossier]
  ) async throws -> [DriftDifference] {
    let people = heads.map(\.person)
    let folded = contents ? try await core.fold(people) : [:]
    let pending = Set(try await core.database.query(ProjectionStatements.pendingOf, people).map(\.person))
    return heads.compactMap { head in
      let found = stored[head.person]
      let kind: DriftDifference.Kind? =
        switch found?.revision {
        case nil where head.revision == 0: nil
        case nil: pending.contains(head.person) ? .pending : .missing
        case let revision? where revision < head.revision: pending.contains(head.person) ? .pending : .behind
        case let revision? where revision > head.revision: .ahead
        default: contents && found?.document != folded[head.person] ? .different : nil
        }
      return kind.map {
        DriftDifference(person: head.person, kind: $0, expected: head.revision, found: found?.revision ?? 0)
      }
    }
  }
}

extension Core {
  /// Heads in order of id, behind one.
  fileprivate func heads(after person: PersonID?, limit: Int) async throws -> [DossierRevision] {
    try await database.query(DossierStatements.headsAfter, person ?? .least, Int64(limit))
  }

  /// Dossiers as the log says they are.
  fileprivate func fold(_ people: [PersonID]) async throws -> [PersonID: DossierDocument] {
    let changes = try await database.query(DossierStatements.changesOf, people)
    return Dictionary(grouping: changes, by: \.person).mapValues { changes in
      var document = DossierDocument(person: changes[0].person)
      document.apply(changes)
      return document
    }
  }

  /// Removes some dossiers and writes them as the log says they are.
  fileprivate func refold(_ people: [PersonID]) async throws -> Int {
    let changes = try await database.query(DossierStatements.changesOf, people)
    let folded = Dictionary(grouping: changes, by: \.person).map { person, changes in
      var document = DossierDocument(person: person)
      document.apply(changes)
      return FoldedDossier(document: document, base: 0, changes: changes)
    }
    for person in people { try await dossierStore.remove(person) }
    return try await dossierStore.save(folded, deadline: .after(.seconds(30))).count
  }
}

extension Identifier {
  /// The id before all others.
  fileprivate static var least: Self { Self(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
}
