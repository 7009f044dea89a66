import Kernel
import Relational

/// A migrated database as a city would fill it: a million people, and a million rows in each table that grows with them.
///
/// The rows are plausible to the planner and nobody else: sizes, distinct values and correlations are right, contents are
/// not. Made by SQL alone, in well under a minute.
enum MillionRows {
  /// How many people there are.
  static let people = 1_000_000

  /// Fills the tables and gathers statistics.
  static func fill(_ database: Database) async throws {
    try await database.withSession { session in
      // Triggers and foreign keys would check each row; the rows are ours.
      try await session.script("SET session_replication_role = replica; SET synchronous_commit = off")
      try await session.script("SET maintenance_work_mem = '256MB'; SET max_parallel_maintenance_workers = 2")
      for table in tables { try await session.script(loading(table)) }
      try await session.script("ANALYZE")
    }
  }

  private struct Table {
    let name: String
    let columns: String
    let rows: String
  }

  /// Rows first, indexes afterwards: an index that is built at once costs a tenth of one that grows.
  private static func loading(_ table: Table) -> String {
    """
    UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = '\(table.name)'::regclass;
    INSERT INTO \(table.name) (\(table.columns)) \(table.rows);
    REINDEX TABLE \(table.name);
    """
  }

  /// The id of the n-th thing of a kind, scattered like a random one.
  private static func id(_ kind: String, _ number: String = "n") -> String { "md5('\(kind)' || \(number))::uuid" }

  private static let from = "FROM generate_series(1, \(people)) AS n"
  private static let moment = "timestamptz '2024-01-01 00:00Z' + n * interval '1 minute'"
  private static let employer = id("employer", "(n % 5000 + 1)")
  private static let unit = id("unit", "(n % 50 + 1)")

  private static let tables = [
    Table(
      name: "employer", columns: "id, name, credit_code, district, key_industry",
      rows: """
        SELECT \(id("employer")), '单位' || n, lpad(n::text, 18, 'A'), 'city', false FROM generate_series(1, 5000) AS n
        """),
    Table(
      name: "unit", columns: "id, name, district",
      rows: "SELECT \(id("unit")), '窗口' || n, 'minhang' FROM generate_series(1, 50) AS n"),
    Table(
      name: "person",
      columns: """
        id, display_name, identity_sealed, identity_index, identity_masked, phone_sealed, phone_index, phone_masked,
        birth_date, employer_id, degree, state, created_at
        """,
      rows: """
        SELECT \(id("person")), '姓名' || n, '\\x00', sha256(('i' || n)::bytea), '3101**********1234', '\\x00',
               sha256(('p' || n)::bytea), '138****1234', date '1990-01-01' + n % 9000, \(employer), 'master',
               CASE WHEN n % 100 = 0 THEN 'awaiting_employer' ELSE 'certified' END, \(moment) \(from)
        """),
    Table(
      name: "account", columns: "id, name, role, display_name, person_id, password",
      rows: "SELECT \(id("account")), 'talent' || n, 'talent', '姓名' || n, \(id("person")), 'x' \(from)"),
    Table(
      name: "session", columns: "token_digest, account_id, created_at, last_seen_at, expires_at, address",
      rows: """
        SELECT sha256(('s' || n)::bytea), \(id("account", "(n % 500000 + 1)")), \(moment), \(moment), \(moment), '203.0.113.9'
        \(from)
        """),
    Table(
      name: "used_form_token", columns: "token_digest, used_at",
      rows: "SELECT sha256(('f' || n)::bytea), \(moment) \(from)"),
    Table(
      name: "audit_entry", columns: "at, account_id, role, address, operation, object_kind, object_id, result, trace",
      rows: """
        SELECT \(moment), \(id("account", "(n % 300000 + 1)")), 'talent', '203.0.113.9', 'person.read', 'person', n::text,
               CASE WHEN n % 50 = 0 THEN 'refused' ELSE 'done' END, n::text \(from)
        """),
    Table(name: "dossier_head", columns: "person_id, revision", rows: "SELECT \(id("person")), 1 \(from)"),
    Table(
      name: "dossier_change", columns: "person_id, revision, recorded_at, change",
      rows: "SELECT \(id("person", "(n / 2)")), n % 2 + 1, \(moment), '{}' \(from)"),
    Table(
      name: "outbox", columns: "kind, subject, revision",
      rows: "SELECT 'dossier', \(id("person")), 1 FROM generate_series(1, 20000) AS n"),
    Table(
      name: "certification_case", columns: "id, person_id, employer_id, state, submitted_at",
      rows: """
        SELECT \(id("case")), \(id("person")), \(employer),
               CASE n % 100 WHEN 0 THEN 'awaiting_employer' WHEN 1 THEN 'awaiting_department' ELSE 'certified' END,
               \(moment) \(from)
        """),
    Table(
      name: "certification_step", columns: "case_id, sequence, action, to_state, actor_name, at",
      rows: "SELECT \(id("case", "(n / 3)")), n % 3 + 1, 'submit', 'awaiting_employer', '某人', \(moment) \(from)"),
    Table(
      name: "certification",
      columns: "id, person_id, scheme, level, valid, rule_id, rule_version, inputs, explanation, case_id, issued_at",
      rows: """
        SELECT \(id("certification")), \(id("person")), 'talent', 'C', daterange('2025-01-01', '2030-01-01'), 'level', 1,
               '{}', '[]', \(id("case")), \(moment) \(from)
        """),
    Table(
      name: "talent_code", columns: "code, person_id, certification_id, issued_at",
      rows: "SELECT 'HJ' || lpad(n::text, 12, '0'), \(id("person")), \(id("certification")), \(moment) \(from)"),
    Table(
      name: "service_definition", columns: "id, version, digest, definition, published_at, retired_at",
      rows: """
        SELECT 'SVC-' || n % 60, n / 60 + 1, sha256(n::text::bytea), '{}', \(moment),
               CASE WHEN n < 1140 THEN \(moment) END FROM generate_series(0, 1199) AS n
        """),
    Table(
      name: "service_case",
      columns: """
        id, code, service_id, service_version, service_title, person_id, unit_id, state, form_sealed, idempotency_key,
        submitted_at, promised_on
        """,
      rows: """
        SELECT \(id("service")), 'C' || n, 'SVC-' || n % 60, 1, '事项', \(id("person", "(n / 2)")), \(unit),
               CASE WHEN n % 100 = 0 THEN 'submitted' ELSE 'completed' END, '\\x00', 'k' || n, \(moment), '2026-01-01'
        \(from)
        """),
    Table(
      name: "service_case_step", columns: "case_id, sequence, action, to_state, actor_name, at",
      rows: "SELECT \(id("service", "(n / 3)")), n % 3 + 1, 'submit', 'submitted', '某人', \(moment) \(from)"),
    Table(
      name: "service_rating", columns: "case_id, person_id, score, at",
      rows: "SELECT \(id("service")), \(id("person", "(n / 2)")), 5, \(moment) \(from)"),
    Table(
      name: "notice", columns: "id, person_id, kind, title, body, link, event, created_at, read_at",
      rows: """
        SELECT \(id("notice")), \(id("person", "(n / 5)")), 'case', '标题', '正文', '/', 'e' || n, \(moment),
               CASE WHEN n % 10 > 0 THEN \(moment) END \(from)
        """),
    Table(
      name: "reading_alert", columns: "id, person_id, rule, day, series, value, threshold, read_time, created_at",
      rows: """
        SELECT \(id("alert")), \(id("person", "(n / 5)")), 'rule', date '2024-01-01' + n % 700, n, 1, 1, \(moment), \(moment)
        \(from)
        """),
    Table(
      name: "series", columns: "subject, kind, unit, lowest, highest, label",
      rows: "SELECT \(id("person", "(n / 2)")), 'kind' || n % 2, 'mmHg', 0, 300, '' \(from)"),
    Table(
      name: "series_quarantine", columns: "series, time_microseconds, sequence, value, reason",
      rows: "SELECT n % 10000, n, 0, 1, 'out_of_range' \(from)"),
  ]
}
