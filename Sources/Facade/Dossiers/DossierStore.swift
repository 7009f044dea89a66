import Cache
import Documents
import Foundation
import Kernel

/// Dossiers in MongoDB, with copies in the cache.
///
/// Nothing here decides anything: what is written is the fold of the log, guarded by the revision before it, so that
/// writing twice, late or from two programs at once changes nothing.
struct DossierStore: Sendable {
  let documents: DocumentStore
  let cache: Cache?

  private var current: DocumentCollection { documents.collection("dossier") }
  private var history: DocumentCollection { documents.collection("dossier_history") }

  /// How long a copy may stay in the cache; it holds names, so it must not stay for ever.
  private static let copyLifetime = Duration.seconds(600)

  /// The dossier as the document store has it; `nil` when there is none.
  func load(_ person: PersonID, deadline: Deadline) async throws -> DossierDocument? {
    try await current.findOne(key(person), as: DossierDocument.self, deadline: deadline)
  }

  /// The dossiers of several people, by person; those that do not exist are missing. One round trip.
  func load(_ people: [PersonID], deadline: Deadline) async throws -> [PersonID: DossierDocument] {
    let filter: BSONDocument = ["_id": .document(["$in": .array(people.map(BSONValue.id))])]
    var found: [PersonID: DossierDocument] = [:]
    for document in try await current.find(filter, deadline: deadline) {
      let dossier = try BSONDecoder().decode(DossierDocument.self, from: document)
      found[dossier.person] = dossier
    }
    return found
  }

  /// The dossiers behind one id and up to another (to the last when `nil`), by person; a range of the primary index.
  ///
  /// `contents: false` reads the revisions only.
  func scan(
    after first: PersonID?, through last: PersonID?, contents: Bool
  ) async throws -> [PersonID: StoredDossier] {
    var bounds = BSONDocument()
    if let first { bounds.append("$gt", .id(first)) }
    if let last { bounds.append("$lte", .id(last)) }
    let filter: BSONDocument = bounds.isEmpty ? [:] : ["_id": .document(bounds)]
    let rows = try await current.find(
      filter, projection: contents ? nil : ["revision": .int32(1)], deadline: .after(.seconds(30)))
    var found: [PersonID: StoredDossier] = [:]
    for row in rows {
      let stored = try StoredDossier(row, contents: contents)
      found[stored.person] = stored
    }
    return found
  }

  /// Writes dossiers that were folded from `base` revisions on, and the changes between; two round trips in all.
  ///
  /// One whose document is no longer at its base revision is left alone and missing from the answer: somebody else
  /// was faster, and the next try begins from what they wrote.
  func save(_ folded: [FoldedDossier], deadline: Deadline) async throws -> [FoldedDossier] {
    guard !folded.isEmpty else { return [] }
    let entries = try folded.flatMap { dossier in
      try dossier.changes.map { BulkOperation.insert(try BSONEncoder().encode(HistoryEntry($0))) }
    }
    // History first: a revision that a reader sees in the dossier is always in the history as well. An entry that is
    // there already is the same one, because the log never changes.
    let logged = try await history.bulk(entries, ordered: false, deadline: deadline)
    if let failure = logged.failures.first(where: { $0.error.code != .duplicateKey }) { throw failure.error }
    // Inserts cost the server a tenth of upserts, and a new dossier is the common case after seeding or a restore.
    let writes = try folded.map { dossier in
      let document = try BSONEncoder().encode(dossier.document)
      if dossier.base == 0 { return BulkOperation.insert(document) }
      var filter = key(dossier.document.person)
      filter.append("revision", .int64(dossier.base))
      return BulkOperation.replace(filter, with: document)
    }
    let outcome = try await current.bulk(writes, ordered: false, deadline: deadline)
    if let failure = outcome.failures.first(where: { $0.error.code != .duplicateKey }) { throw failure.error }
    if outcome.matched + outcome.inserted == folded.count {
      await copyToCache(folded)
      return folded
    }
    // Somebody was faster for at least one of them: what is really there decides.
    let revisions = try await load(folded.map(\.document.person), deadline: deadline).mapValues(\.revision)
    return folded.filter { revisions[$0.document.person, default: 0] >= $0.document.revision }
  }

  /// Forgets a dossier and its history, before it is folded anew.
  func remove(_ person: PersonID) async throws {
    _ = try await history.delete(HistoryEntry.all(of: person), deadline: .after(.seconds(5)))
    _ = try await current.delete(key(person), deadline: .after(.seconds(5)))
    await cache?.remove(cacheKey(person))
  }

  /// The copy in the cache, if it is at least at a revision.
  func cached(_ person: PersonID, atLeast revision: Int64) async -> DossierDocument? {
    guard let bytes = await cache?.get(cacheKey(person)), let document = try? BSONDocument(bytes: bytes),
      let dossier = try? BSONDecoder().decode(DossierDocument.self, from: document), dossier.revision >= revision
    else { return nil }
    return dossier
  }

  /// Puts a dossier that was read into the cache.
  func copyToCache(_ dossier: DossierDocument) async {
    guard let cache, let document = try? BSONEncoder().encode(dossier) else { return }
    await cache.set(
      cacheKey(dossier.person), document.bytes, revision: dossier.revision, ttl: Self.copyLifetime)
  }

  private func copyToCache(_ folded: [FoldedDossier]) async {
    // A batch of the background projector is not read soon; only the request's own changes are worth a copy.
    guard folded.count <= 4 else { return }
    for dossier in folded { await copyToCache(dossier.document) }
  }

  private func key(_ person: PersonID) -> BSONDocument { ["_id": .id(person)] }

  private func cacheKey(_ person: PersonID) -> String { "haiju:dossier:1:\(person)" }
}

/// What the document store has of a person: the revision, and the dossier where it was asked for.
struct StoredDossier: Sendable {
  let person: PersonID
  let revision: Int64
  let document: DossierDocument?

  fileprivate init(_ row: BSONDocument, contents: Bool) throws {
    let head = try BSONDecoder().decode(Head.self, from: row)
    person = head.person
    revision = head.revision
    document = contents ? try BSONDecoder().decode(DossierDocument.self, from: row) : nil
  }

  init(_ document: DossierDocument) {
    person = document.person
    revision = document.revision
    self.document = document
  }

  private struct Head: Decodable {
    let person: PersonID
    let revision: Int64

    private enum CodingKeys: String, CodingKey {
      case person = "_id"
      case revision
    }
  }
}

/// A dossier ready to be written: what it is now, what it was folded from, and what came in between.
struct FoldedDossier: Sendable {
  let document: DossierDocument
  let base: Int64
  let changes: [LoggedChange]
}

/// One revision in the history collection.
private struct HistoryEntry: Codable {
  let id: String
  let person: PersonID
  let revision: Int64
  let recordedAt: Instant
  let account: AccountID?
  let change: DossierChangeDocument

  private enum CodingKeys: String, CodingKey {
    case id = "_id"
    case person, revision, recordedAt, account, change
  }

  init(_ logged: LoggedChange) {
    id = Self.id(logged)
    person = logged.person
    revision = logged.revision
    recordedAt = logged.recordedAt
    account = logged.account
    change = logged.document
  }

  /// Person and revision with leading zeros, so that the entries of a person are one range of the primary index.
  static func id(_ change: LoggedChange) -> String {
    let digits = String(change.revision)
    return "\(change.person):\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits)"
  }

  static func all(of person: PersonID) -> BSONDocument {
    ["_id": .document(["$gte": .string("\(person):"), "$lt": .string("\(person);")])]
  }
}

extension BSONValue {
  /// An id as a binary of subtype 4.
  static func id<Entity>(_ id: Identifier<Entity>) -> BSONValue {
    .binary(BSONBinary(subtype: 4, withUnsafeBytes(of: id.uuid.uuid) { Array($0) }))
  }
}
