import Kernel
import Relational

enum ProjectionStatements {
  /// People with changes that wait and are not just being brought over by the request that made them.
  static let due = Statement<PersonID>(
    "projection.due",
    """
    SELECT subject
      FROM outbox
     WHERE kind = 'dossier' AND created_at < clock_timestamp() - interval '500 milliseconds'
     GROUP BY subject
     ORDER BY min(id)
     LIMIT $1
    """)

  /// The changes of some people that have not reached the document store, in order.
  static let pendingOf = Statement<LoggedChange>(
    "projection.pendingOf",
    """
    SELECT c.person_id, c.revision, c.recorded_at, c.account_id, c.change
      FROM outbox o JOIN dossier_change c ON c.person_id = o.subject AND c.revision = o.revision
     WHERE o.kind = 'dossier' AND o.subject = ANY ($1)
     ORDER BY c.person_id, c.revision
    """)

  /// Clears what has arrived.
  static let clear = Statement<NoRow>(
    "projection.clear",
    """
    DELETE FROM outbox o USING unnest($1::uuid[], $2::bigint[]) AS done (subject, revision)
     WHERE o.kind = 'dossier' AND o.subject = done.subject AND o.revision <= done.revision
    """)

  /// How much waits.
  static let backlog = Statement<Backlog>("projection.backlog", "SELECT count(*), min(created_at) FROM outbox")

  static let all: [any CataloguedStatement] = [due, pendingOf, clear, backlog]
}

/// How much waits in the outbox and since when.
struct Backlog: RowDecodable {
  let count: Int64
  let oldest: Instant?

  init(row: inout RowReader) throws(DecodingFailure) {
    count = try row.next()
    oldest = try row.next()
  }
}
