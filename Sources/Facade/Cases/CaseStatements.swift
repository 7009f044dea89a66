import Relational

enum CaseStatements {
  private static let columns = """
    c.id, c.code, c.service_id, c.service_version, c.service_title, c.person_id, p.display_name, c.unit_id, u.name,
           c.state, c.form_sealed, c.submitted_at, c.promised_on, c.finished_at, c.result, c.revision, r.score, r.comment,
           p.sample
    """
  private static let tables = """
    service_case c
      JOIN person p ON p.id = c.person_id
      JOIN unit u ON u.id = c.unit_id
      LEFT JOIN service_rating r ON r.case_id = c.id
    """

  /// Primary key.
  static let one = Statement<StoredCase>(
    "case.one", lane: .shared, "SELECT \(columns) FROM \(tables) WHERE c.id = $1")

  /// Unique key `service_case_code_key`.
  static let byCode = Statement<StoredCase>(
    "case.byCode", lane: .shared, "SELECT \(columns) FROM \(tables) WHERE c.code = $1")

  /// Unique key `service_case_sent_once`.
  static let byKey = Statement<StoredCase>(
    "case.byKey", "SELECT \(columns) FROM \(tables) WHERE c.person_id = $1 AND c.idempotency_key = $2")

  /// Locks the case until the action ends, so that its steps follow each other.
  static let lock = Statement<StoredCase>(
    "case.lock", "SELECT \(columns) FROM \(tables) WHERE c.id = $1 FOR UPDATE OF c")

  /// A person's cases, newest first; index `service_case_of_person`.
  static let ofPerson = Statement<StoredCase>(
    "case.ofPerson", lane: .shared,
    """
    SELECT \(columns)
      FROM \(tables)
     WHERE c.person_id = $1 AND (c.submitted_at, c.id) < ($2, $3)
     ORDER BY c.submitted_at DESC, c.id DESC
     LIMIT $4
    """)

  /// What waits for a unit, oldest first; index `service_case_queue`.
  static let awaiting = Statement<StoredCase>(
    "case.awaiting", lane: .shared,
    """
    SELECT \(columns)
      FROM \(tables)
     WHERE c.unit_id = $1 AND c.state IN ('submitted', 'accepted')
       AND (c.submitted_at, c.id) > ($2, $3)
     ORDER BY c.submitted_at, c.id
     LIMIT $4
    """)

  static let steps = Statement<ServiceCaseStep>(
    "case.steps", lane: .shared,
    """
    SELECT sequence, action, to_state, actor_name, unit_name, comment, at
      FROM service_case_step
     WHERE case_id = $1
     ORDER BY sequence
    """)

  /// Puts the submissions of one person in a line; writers that only refer to the person do not wait.
  static let lockPerson = Statement<PersonID>(
    "case.lockPerson", "SELECT id FROM person WHERE id = $1 FOR NO KEY UPDATE")

  static let unit = Statement<UnitID>("case.unit", "SELECT id FROM unit WHERE name = $1")
  static let unitName = Statement<String>("case.unitName", "SELECT name FROM unit WHERE id = $1")

  static let insert = Statement<NoRow>(
    "case.insert",
    """
    INSERT INTO service_case (id, code, service_id, service_version, service_title, person_id, unit_id, state,
                              form_sealed, idempotency_key, submitted_at, promised_on)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'submitted', $8, $9, $10, $11)
    """)

  /// The next step under the case's lock; returns its number.
  static let step = Statement<Int32>(
    "case.step",
    """
    INSERT INTO service_case_step (case_id, sequence, action, from_state, to_state, account_id, actor_name, unit_name,
                                   comment, at)
    SELECT $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
      FROM service_case_step WHERE case_id = $1
    RETURNING sequence
    """)

  /// Moves a locked case; what is null stays as it is.
  static let move = Statement<NoRow>(
    "case.move",
    """
    UPDATE service_case
       SET state = $2, finished_at = coalesce($3, finished_at), result = coalesce($4, result),
           assignee = coalesce($5, assignee), form_sealed = coalesce($6, form_sealed),
           submitted_at = coalesce($7, submitted_at), promised_on = coalesce($8, promised_on), revision = revision + 1
     WHERE id = $1
    """)

  static let rate = Statement<NoRow>(
    "case.rate",
    "INSERT INTO service_rating (case_id, person_id, score, comment, at) VALUES ($1, $2, $3, $4, $5)")

  static let all: [any CataloguedStatement] = [
    one, byCode, byKey, lock, ofPerson, awaiting, steps, lockPerson, unit, unitName, insert, step, move, rate,
  ]
}
