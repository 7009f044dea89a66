import Kernel
import Relational

/// A session with its account.
struct StoredSession: Sendable, RowDecodable {
  let account: Account
  let lastSeenAt: Instant
  let expiresAt: Instant

  init(row: inout RowReader) throws(DecodingFailure) {
    // The key by which the row finds its asker.
    _ = try row.next([UInt8].self)
    account = try Account(row: &row)
    lastSeenAt = try row.next()
    expiresAt = try row.next()
  }
}

enum SessionStatements {
  /// Begins a session and ends those that are over or too many; the account's row must be locked.
  ///
  /// Index `session_account`; `$6` sessions of the account remain beside the new one.
  static let open = Statement<NoRow>(
    "session.open",
    """
    WITH ended AS (
      DELETE FROM session
       WHERE token_digest IN (
         SELECT s.token_digest
           FROM (SELECT token_digest, expires_at,
                        row_number() OVER (ORDER BY created_at DESC, token_digest) AS place
                   FROM session WHERE account_id = $2) s
          WHERE s.place > $6 OR s.expires_at <= $3))
    INSERT INTO session (token_digest, account_id, created_at, last_seen_at, expires_at, address)
    VALUES ($1, $2, $3, $3, $4, $5)
    """)

  /// Two primary keys. Not cached anywhere, so what ends a session ends it for the next request; requests that come at
  /// the same moment ask together.
  static let find = KeyedStatement<[UInt8], StoredSession>(
    "session.find",
    """
    SELECT s.token_digest, a.id, a.name, a.role, a.display_name, a.person_id, a.employer_id, a.unit_id, a.enabled, a.sample,
           s.last_seen_at, s.expires_at
      FROM session s JOIN account a ON a.id = s.account_id
     WHERE s.token_digest = ANY ($1) AND a.enabled
    """)

  /// Notes that the session is in use; of parallel requests one writes.
  static let touch = Statement<NoRow>(
    "session.touch", "UPDATE session SET last_seen_at = $2 WHERE token_digest = $1 AND last_seen_at < $3")

  static let close = Statement<NoRow>("session.close", "DELETE FROM session WHERE token_digest = $1")

  /// Spends a form token and forgets some that have expired; a second use violates `used_form_token_pkey`.
  static let spendFormToken = Statement<NoRow>(
    "formToken.spend",
    """
    WITH expired AS (
      DELETE FROM used_form_token
       WHERE token_digest IN (SELECT token_digest FROM used_form_token WHERE used_at < $3
                               ORDER BY used_at LIMIT 20 FOR UPDATE SKIP LOCKED))
    INSERT INTO used_form_token (token_digest, used_at) VALUES ($1, $2)
    """)

  static let all: [any CataloguedStatement] = [open, find, touch, close, spendFormToken]
}
