import Kernel
import Relational

/// A case under its lock, with all that a decision depends on.
struct LockedCase: Sendable, RowDecodable {
  let id: CertificationCaseID
  let person: PersonID
  let employer: EmployerID
  let state: RegistrationState
  let revision: Int64
  let employerApprover: AccountID?
  let birthDate: CivilDate
  let degree: Degree
  let jobTitle: String?
  let employerRecord: Employer
  /// Whether the actor's account is known to be held by the person of the case.
  let isOwn: Bool
  /// Whether the account that approved for the employer is known to be held by the same person as the actor's.
  let isSameHolder: Bool

  init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    person = try row.next()
    employer = try row.next()
    state = try row.next()
    revision = try row.next()
    employerApprover = try row.next()
    birthDate = try row.next()
    degree = try row.next()
    jobTitle = try row.next()
    employerRecord = try Employer(row: &row)
    isOwn = try row.next()
    isSameHolder = try row.next()
  }
}

enum CertificationStatements {
  private static let rows = """
    SELECT c.id, c.person_id, p.display_name, e.name, p.degree, p.job_title, c.state, c.submitted_at, c.decided_at,
           c.revision, p.sample, c.employer_id
      FROM certification_case c JOIN person p ON p.id = c.person_id JOIN employer e ON e.id = c.employer_id
    """
  /// `$1` and `$2` are where the page before ended, `$3` is the limit.
  private static let page = """
    AND (c.submitted_at, c.id) > ($1, $2)
     ORDER BY c.submitted_at, c.id
     LIMIT $3
    """

  /// Primary key; at most one row.
  static let find = Statement<CertificationCase>("certification.find", lane: .shared, rows + " WHERE c.id = $1")

  /// A person has few cases; the open one, if any, is the latest.
  static let latest = Statement<CertificationCase>(
    "certification.latest", lane: .shared,
    rows + " WHERE c.person_id = $1 ORDER BY c.submitted_at DESC, c.id DESC LIMIT 1")

  /// Index `certification_case_employer_queue`.
  static let employerQueue = Statement<CertificationCase>(
    "certification.employerQueue", lane: .shared,
    rows + " WHERE c.state = 'awaiting_employer' AND c.employer_id = $4 \(page)")

  /// Index `certification_case_department_queue`.
  static let departmentQueue = Statement<CertificationCase>(
    "certification.departmentQueue", lane: .shared, rows + " WHERE c.state = 'awaiting_department' \(page)")

  /// Primary key, in its order.
  static let steps = Statement<CertificationStep>(
    "certification.steps", lane: .shared,
    "SELECT sequence, action, actor_name, comment, at FROM certification_step WHERE case_id = $1 ORDER BY sequence")

  /// Locks case and person, in this order everywhere, so that decisions on one case come one after the other.
  static let lock = Statement<LockedCase>(
    "certification.lock",
    """
    SELECT c.id, c.person_id, c.employer_id, c.state, c.revision, c.employer_approver, p.birth_date, p.degree, p.job_title,
           e.id, e.name, e.credit_code, e.district, e.key_industry, e.sample,
           COALESCE((SELECT a.holder_index = p.identity_index FROM account a WHERE a.id = $2), false),
           COALESCE((SELECT a.holder_index = b.holder_index FROM account a, account b
                      WHERE a.id = $2 AND b.id = c.employer_approver), false)
      FROM certification_case c JOIN person p ON p.id = c.person_id JOIN employer e ON e.id = c.employer_id
     WHERE c.id = $1
       FOR UPDATE OF c, p
    """)

  /// One step: the case and the person's state move on, the step is appended. The case must be locked.
  static let advance = Statement<NoRow>(
    "certification.advance",
    """
    WITH moved AS (
      UPDATE certification_case
         SET state = $2, employer_approver = $3, department_approver = $4, decided_at = $5, employer_id = $12,
             revision = revision + 1
       WHERE id = $1
      RETURNING person_id),
    followed AS (
      UPDATE person p SET state = $2, revision = p.revision + 1 FROM moved WHERE p.id = moved.person_id)
    INSERT INTO certification_step (case_id, sequence, action, from_state, to_state, account_id, actor_name, comment, at)
    SELECT $1, COALESCE(max(sequence), 0) + 1, $6, $7, $2, $8, $9, $10, $11 FROM certification_step WHERE case_id = $1
    """)

  /// What a person corrected.
  static let correct = Statement<NoRow>(
    "certification.correct", "UPDATE person SET employer_id = $2, degree = $3, job_title = $4 WHERE id = $1")

  /// The certification and its code; one active certification of a scheme per person (`certification_one_active`).
  static let issue = Statement<NoRow>(
    "certification.issue",
    """
    WITH issued AS (
      INSERT INTO certification (id, person_id, scheme, level, valid, rule_id, rule_version, inputs, explanation, case_id,
                                 issued_at)
      VALUES ($1, $2, $3, $4, daterange($5, $6, '[)'), $7, $8, $9, to_jsonb($10::text[]), $11, $12))
    INSERT INTO talent_code (code, person_id, certification_id, issued_at) VALUES ($13, $2, $1, $12)
    """)

  /// Index of `certification_one_active`; at most one row: what holds on a day and was not revoked.
  static let current = Statement<Certification>(
    "certification.current", lane: .shared,
    """
    SELECT c.person_id, c.scheme, c.level, lower(c.valid), upper(c.valid) - 1, t.code, c.rule_id, c.rule_version,
           ARRAY(SELECT jsonb_array_elements_text(c.explanation)), c.issued_at
      FROM certification c JOIN talent_code t ON t.certification_id = c.id
     WHERE c.person_id = $1 AND c.valid @> $2::date AND t.revoked_at IS NULL
     ORDER BY c.issued_at DESC
     LIMIT 1
    """)

  static let all: [any CataloguedStatement] = [
    find, latest, employerQueue, departmentQueue, steps, lock, advance, correct, issue, current,
  ]
}
