import Relational

/// A sealed field with what decides who may open it.
struct SealedField: Sendable, RowDecodable {
  let employer: EmployerID
  let sealed: [UInt8]

  init(row: inout RowReader) throws(DecodingFailure) {
    employer = try row.next()
    sealed = try row.next()
  }
}

enum PersonStatements {
  private static let rows = """
    SELECT p.id, p.display_name, p.identity_masked, p.phone_masked, p.birth_date, p.employer_id, e.name, p.degree,
           p.job_title, p.state, p.revision, p.sample, p.created_at
      FROM person p JOIN employer e ON e.id = p.employer_id
    """
  /// `$1` narrows to an employer, `$2` and `$3` are where the page before ended, `$4` is the limit.
  private static let page = """
    AND ($1::uuid IS NULL OR p.employer_id = $1) AND (p.created_at, p.id) > ($2, $3)
     ORDER BY p.created_at, p.id
     LIMIT $4
    """

  /// Person, account, certification case and its first step in one statement, so that registering is one round trip.
  static let register = Statement<NoRow>(
    "person.register",
    """
    WITH new_person AS (
      INSERT INTO person (id, display_name, identity_sealed, identity_index, identity_masked, phone_sealed, phone_index,
                          phone_masked, birth_date, employer_id, degree, job_title, state, created_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'awaiting_employer', $13)),
    new_account AS (
      INSERT INTO account (id, name, role, display_name, person_id, password, holder_index, created_at)
      VALUES ($14, $15, 'talent', $2, $1, $16, $4, $13)),
    new_case AS (
      INSERT INTO certification_case (id, person_id, employer_id, state, submitted_at)
      VALUES ($17, $1, $10, 'awaiting_employer', $13))
    INSERT INTO certification_step (case_id, sequence, action, to_state, account_id, actor_name, at)
    VALUES ($17, 1, 'submit', 'awaiting_employer', $14, $2, $13)
    """)

  /// Primary key.
  static let find = KeyedStatement<PersonID, Person>("person.find", rows + " WHERE p.id = ANY ($1)")

  /// Index `person_by_age`.
  static let everybody = Statement<Person>("person.list", lane: .shared, rows + " WHERE true \(page)")

  /// Index `person_by_employer`.
  static let ofEmployer = Statement<Person>(
    "person.ofEmployer", lane: .shared,
    rows + " WHERE p.employer_id = $1 AND (p.created_at, p.id) > ($2, $3) ORDER BY p.created_at, p.id LIMIT $4")

  /// Index `person_by_name`: a range of names in the order of bytes, which a prepared plan can use and LIKE could not.
  static let named = Statement<Person>(
    "person.named", lane: .shared, rows + " WHERE p.display_name ~>=~ $5 AND p.display_name ~<~ $6 \(page)")

  /// Unique index `person_identity_unique`.
  static let byIdentity = Statement<Person>(
    "person.byIdentity", lane: .shared, rows + " WHERE p.identity_index = $5 \(page)")

  /// Index `person_by_phone`.
  static let byPhone = Statement<Person>("person.byPhone", lane: .shared, rows + " WHERE p.phone_index = $5 \(page)")

  static let sealedIdentity = Statement<SealedField>(
    "person.sealedIdentity", "SELECT employer_id, identity_sealed FROM person WHERE id = $1")

  static let sealedPhone = Statement<SealedField>(
    "person.sealedPhone", "SELECT employer_id, phone_sealed FROM person WHERE id = $1")

  static let all: [any CataloguedStatement] = [
    register, find, everybody, ofEmployer, named, byIdentity, byPhone, sealedIdentity, sealedPhone,
  ]
}
