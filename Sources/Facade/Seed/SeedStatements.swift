import Relational

/// Whole batches in few statements: each column travels as one array.
enum SeedStatements {
  static let employers = Statement<Employer>(
    "seed.employers",
    "SELECT id, name, credit_code, district, key_industry, sample FROM employer WHERE sample ORDER BY credit_code")

  static let staff = Statement<SampleOffice.Staff>(
    "seed.staff",
    """
    SELECT a.id, a.display_name, a.role, a.employer_id, a.unit_id, u.name
      FROM account a LEFT JOIN unit u ON u.id = a.unit_id
     WHERE a.role IN ('employer_officer', 'reviewer', 'window_clerk') AND a.enabled
     ORDER BY a.name
    """)

  /// Those of the given people that are there already; primary key.
  static let existing = Statement<PersonID>("seed.existing", "SELECT id FROM person WHERE id = ANY ($1)")

  static let people = Statement<NoRow>(
    "seed.people",
    """
    INSERT INTO person (id, display_name, identity_sealed, identity_index, identity_masked, phone_sealed, phone_index,
                        phone_masked, birth_date, employer_id, degree, job_title, state, revision, sample, created_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::text[], $6::bytea[], $7::bytea[],
                         $8::text[], $9::date[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::bigint[],
                         $15::boolean[], $16::timestamptz[])
    """)

  static let heads = Statement<NoRow>(
    "seed.heads",
    """
    INSERT INTO dossier_head (person_id, revision)
    SELECT * FROM unnest($1::uuid[], $2::bigint[])
    """)

  /// The changes with the outbox rows that bring them to MongoDB.
  static let changes = Statement<NoRow>(
    "seed.changes",
    """
    WITH new AS (
      SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[])
        AS t (person, revision, at, account, change)
    ), logged AS (
      INSERT INTO dossier_change (person_id, revision, recorded_at, account_id, change)
      SELECT person, revision, at, account, change::jsonb FROM new
    )
    INSERT INTO outbox (kind, subject, revision) SELECT 'dossier', person, revision FROM new ORDER BY person, revision
    """)

  static let cases = Statement<NoRow>(
    "seed.cases",
    """
    INSERT INTO certification_case (id, person_id, employer_id, state, employer_approver, department_approver,
                                    submitted_at, decided_at, revision)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[],
                         $8::timestamptz[], $9::bigint[])
    """)

  static let steps = Statement<NoRow>(
    "seed.steps",
    """
    INSERT INTO certification_step (case_id, sequence, action, from_state, to_state, account_id, actor_name, comment, at)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[],
                         $8::text[], $9::timestamptz[])
    """)

  static let certifications = Statement<NoRow>(
    "seed.certifications",
    """
    INSERT INTO certification (id, person_id, scheme, level, valid, rule_id, rule_version, inputs, explanation, case_id,
                               issued_at)
    SELECT id, person, $3, level, daterange(first, last, '[]'), $6, $7, inputs::jsonb, explanation::jsonb, case_id, at
      FROM unnest($1::uuid[], $2::uuid[], $4::text[], $5::date[], $8::date[], $9::text[], $10::text[], $11::uuid[],
                  $12::timestamptz[])
        AS t (id, person, level, first, last, inputs, explanation, case_id, at)
    """)

  static let codes = Statement<NoRow>(
    "seed.codes",
    """
    INSERT INTO talent_code (code, person_id, certification_id, issued_at)
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[])
    """)

  static let services = Statement<NoRow>(
    "seed.services",
    """
    INSERT INTO service_case (id, code, service_id, service_version, service_title, person_id, unit_id, state, form_sealed,
                              assignee, submitted_at, promised_on, finished_at, result, revision)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
                         $9::bytea[], $10::uuid[], $11::timestamptz[], $12::date[], $13::timestamptz[], $14::text[],
                         $15::bigint[])
    """)

  static let serviceSteps = Statement<NoRow>(
    "seed.serviceSteps",
    """
    INSERT INTO service_case_step (case_id, sequence, action, from_state, to_state, account_id, actor_name, unit_name,
                                   comment, at)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[],
                         $8::text[], $9::text[], $10::timestamptz[])
    """)

  static let ratings = Statement<NoRow>(
    "seed.ratings",
    """
    INSERT INTO service_rating (case_id, person_id, score, at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[])
    """)

  static let all: [any CataloguedStatement] = [
    employers, staff, existing, people, heads, changes, cases, steps, certifications, codes, services, serviceSteps,
    ratings,
  ]
}
