import Kernel
import Relational

/// What sign-in has to know about an account.
struct Credentials: Sendable, RowDecodable {
  let account: Account
  let password: String
  let lockedUntil: Instant?

  init(row: inout RowReader) throws(DecodingFailure) {
    account = try Account(row: &row)
    password = try row.next()
    lockedUntil = try row.next()
  }
}

enum AccountStatements {
  private static let columns =
    "a.id, a.name, a.role, a.display_name, a.person_id, a.employer_id, a.unit_id, a.enabled, a.sample"

  /// Unique index on the name; at most one row.
  static let credentials = Statement<Credentials>(
    "account.credentials", lane: .shared,
    "SELECT \(columns), a.password, a.locked_until FROM account a WHERE a.name = $1 AND a.enabled")

  /// Counts a failed sign-in; answers since when the account is locked, no row when it was locked before.
  ///
  /// The row is locked by the update, so parallel failures are counted one by one. A lock that has run out begins a new
  /// count.
  static let countFailure = Statement<Instant?>(
    "account.countFailure",
    """
    UPDATE account
       SET failed_attempts = CASE WHEN locked_until IS NULL THEN failed_attempts + 1 ELSE 1 END,
           locked_until = CASE WHEN locked_until IS NULL AND failed_attempts + 1 >= $3 THEN $4::timestamptz END
     WHERE id = $1 AND (locked_until IS NULL OR locked_until <= $2)
    RETURNING locked_until
    """)

  /// Forgets the failures and locks the row; no row when the account was locked, disabled or got another password since.
  static let admit = Statement<Account>(
    "account.admit",
    """
    UPDATE account a
       SET failed_attempts = 0, locked_until = NULL
     WHERE a.id = $1 AND a.enabled AND a.password = $2 AND (a.locked_until IS NULL OR a.locked_until <= $3)
    RETURNING \(columns)
    """)

  static let insert = Statement<AccountID>(
    "account.insert",
    """
    INSERT INTO account (id, name, role, display_name, employer_id, unit_id, password, holder_index, sample, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING id
    """)

  /// By name; at most `limit` rows.
  static let list = Statement<Account>(
    "account.list", lane: .shared,
    "SELECT \(columns) FROM account a WHERE a.name > $1 ORDER BY a.name LIMIT $2")

  /// Those of some names that are taken.
  static let taken = Statement<String>("account.taken", "SELECT name FROM account WHERE name = ANY ($1)")

  static let unitExists = Statement<Bool>("unit.exists", lane: .shared, "SELECT true FROM unit WHERE id = $1")

  static let units = Statement<Unit>(
    "unit.list", lane: .shared, "SELECT id, name, district, sample FROM unit ORDER BY name LIMIT 500")

  /// The unit of a name, made when it is not there; a rival who makes it at the same time wins and is found.
  static let ensureUnit = Statement<UnitID>(
    "unit.ensure",
    """
    INSERT INTO unit (id, name, district, sample) VALUES ($1, $2, $3, true)
    ON CONFLICT (name) DO UPDATE SET name = excluded.name
    RETURNING id
    """)

  /// The sample employer of a name, made when it is not there.
  static let ensureEmployer = Statement<EmployerID>(
    "employer.ensure",
    """
    INSERT INTO employer (id, name, credit_code, district, key_industry, sample) VALUES ($1, $2, $3, $4, $5, true)
    ON CONFLICT (name) DO UPDATE SET name = excluded.name
    RETURNING id
    """)

  /// Opens an account unless the name is taken; no row then.
  static let ensure = Statement<AccountID>(
    "account.ensure",
    """
    INSERT INTO account (id, name, role, display_name, employer_id, unit_id, password, sample, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8)
    ON CONFLICT (name) DO NOTHING
    RETURNING id
    """)

  static let all: [any CataloguedStatement] = [
    credentials, countFailure, admit, insert, list, taken, unitExists, units, ensureUnit, ensureEmployer, ensure,
  ]
}
