import Foundation
import Kernel
import Relational

/// A change read back from the log.
struct LoggedChange: Sendable, RowDecodable {
  let person: PersonID
  let revision: Int64
  let recordedAt: Instant
  let account: AccountID?
  let document: DossierChangeDocument

  init(row: inout RowReader) throws(DecodingFailure) {
    person = try row.next()
    revision = try row.next()
    recordedAt = try row.next()
    account = try row.next()
    let json: JSONText = try row.next()
    do {
      document = try JSONDecoder().decode(DossierChangeDocument.self, from: Data(json.text.utf8))
    } catch {
      throw DecodingFailure(.refused("dossier_change.change of an unknown form"))
    }
  }
}

enum DossierStatements {
  /// The head of a new dossier, before its first change.
  static let create = Statement<NoRow>(
    "dossier.create", "INSERT INTO dossier_head (person_id, revision) VALUES ($1, 0)")

  /// The next revision, its entry in the log, and the outbox row that brings it to MongoDB; one round trip.
  ///
  /// The row lock on the head puts the changes of one person in a line, so revisions have no gap.
  static let change = Statement<Int64>(
    "dossier.change",
    """
    WITH head AS (
      UPDATE dossier_head SET revision = revision + 1 WHERE person_id = $1 RETURNING revision
    ), logged AS (
      INSERT INTO dossier_change (person_id, revision, recorded_at, account_id, change)
      SELECT $1, revision, $2, $3, $4 FROM head
    )
    INSERT INTO outbox (kind, subject, revision) SELECT 'dossier', $1, revision FROM head
    RETURNING revision
    """)

  /// What comes after a revision in one person's log, oldest first; primary key.
  static let changesAfter = Statement<LoggedChange>(
    "dossier.changesAfter", lane: .shared,
    """
    SELECT person_id, revision, recorded_at, account_id, change
      FROM dossier_change
     WHERE person_id = $1 AND revision > $2
     ORDER BY revision
     LIMIT 1000
    """)

  /// The whole log of several people, in order; primary key.
  static let changesOf = Statement<LoggedChange>(
    "dossier.changesOf",
    """
    SELECT person_id, revision, recorded_at, account_id, change
      FROM dossier_change
     WHERE person_id = ANY ($1)
     ORDER BY person_id, revision
    """)

  /// Who a dossier belongs to and how far it is; primary keys.
  static let head = KeyedStatement<PersonID, DossierHead>(
    "dossier.head",
    """
    SELECT p.id, p.employer_id, p.sample, h.revision
      FROM person p JOIN dossier_head h ON h.person_id = p.id
     WHERE p.id = ANY ($1)
    """)

  /// Names of the accounts that changed a dossier.
  static let changers = Statement<ChangerName>(
    "dossier.changers", lane: .shared, "SELECT id, display_name FROM account WHERE id = ANY ($1)")

  /// Heads in order of id behind one, for the comparison of the stores.
  static let headsAfter = Statement<DossierRevision>(
    "dossier.headsAfter",
    "SELECT person_id, revision FROM dossier_head WHERE person_id > $1 ORDER BY person_id LIMIT $2")

  /// Those of the given people that exist.
  static let headsOf = Statement<DossierRevision>(
    "dossier.headsOf", "SELECT person_id, revision FROM dossier_head WHERE person_id = ANY ($1)")

  static let all: [any CataloguedStatement] = [
    create, change, changesAfter, changesOf, head, changers, headsAfter, headsOf,
  ]
}

/// Whose dossier it is and its latest revision.
struct DossierHead: RowDecodable {
  let person: PersonID
  let employer: EmployerID
  let isSample: Bool
  let revision: Int64

  init(row: inout RowReader) throws(DecodingFailure) {
    person = try row.next()
    employer = try row.next()
    isSample = try row.next()
    revision = try row.next()
  }
}

/// A person and a revision.
struct DossierRevision: RowDecodable, Hashable {
  let person: PersonID
  let revision: Int64

  init(row: inout RowReader) throws(DecodingFailure) {
    person = try row.next()
    revision = try row.next()
  }
}

/// An account and the name shown for it.
struct ChangerName: RowDecodable {
  let account: AccountID
  let name: String

  init(row: inout RowReader) throws(DecodingFailure) {
    account = try row.next()
    name = try row.next()
  }
}
