import GMCrypto
import Kernel
import Relational

/// The table `migration_ledger`: what PostgreSQL remembers of the migrations run on it.
enum RelationalLedger {
  /// Every row; one round trip.
  static let entries = Statement<LedgerRow>(
    "migration.entries",
    """
    SELECT number, name, checksum, chain, done, steps, fingerprint, applied_at, failure
      FROM migration_ledger
     ORDER BY number
    """)

  /// Writes where a migration stands; `applied_at` is set by the server once the last step is done.
  static let record = Statement<NoRow>(
    "migration.record",
    """
    INSERT INTO migration_ledger (number, name, checksum, chain, done, steps, fingerprint, applied_at, failure)
    VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $5 = $6 THEN clock_timestamp() END, $8)
    ON CONFLICT (number) DO UPDATE
       SET checksum = excluded.checksum, chain = excluded.chain, done = excluded.done, steps = excluded.steps,
           fingerprint = excluded.fingerprint, applied_at = excluded.applied_at, failure = excluded.failure
    """)

  /// Tries to become the only migrator of this database, for as long as the session lives.
  ///
  /// Never waits in the server: a waiting session would hold a snapshot, which `CREATE INDEX CONCURRENTLY` of the session
  /// that holds the lock waits for in turn.
  static let tryLock = Statement<Bool>("migration.tryLock", "SELECT pg_try_advisory_lock($1)")

  /// Gives the lock back.
  static let unlock = Statement<Bool>("migration.unlock", "SELECT pg_advisory_unlock($1)")

  /// Whether the index of this name is complete; no row when there is no such index.
  static let indexIsValid = Statement<Bool>(
    "migration.indexIsValid", "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)")

  /// The key of the advisory lock: the letters "haiju-mg".
  static let lockKey: Int64 = 0x6861_696A_752D_6D67

  /// What makes the table; run in one transaction, by the holder of the lock, when the table is not there.
  static let schema = [
    """
    CREATE TABLE migration_ledger (
      number      integer     PRIMARY KEY CHECK (number >= 0),
      name        text        NOT NULL,
      checksum    bytea       NOT NULL CHECK (octet_length(checksum) = 32),
      chain       bytea       NOT NULL CHECK (octet_length(chain) = 32),
      done        integer     NOT NULL CHECK (done BETWEEN 0 AND steps),
      steps       integer     NOT NULL,
      fingerprint bytea       NOT NULL,
      applied_at  timestamptz CHECK ((applied_at IS NOT NULL) = (done = steps)),
      failure     text,
      started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
      applied_by  text        NOT NULL DEFAULT session_user
    )
    """,
    "COMMENT ON TABLE migration_ledger IS '迁移台账：本库已执行的结构变更'",
    "COMMENT ON COLUMN migration_ledger.number IS '序号，跨所有存储统一编排'",
    "COMMENT ON COLUMN migration_ledger.name IS '名称'",
    "COMMENT ON COLUMN migration_ledger.checksum IS '文件内容的 SM3 摘要'",
    "COMMENT ON COLUMN migration_ledger.chain IS '截至本文件的全部历史的 SM3 链式摘要'",
    "COMMENT ON COLUMN migration_ledger.done IS '已完成的语句数'",
    "COMMENT ON COLUMN migration_ledger.steps IS '语句总数'",
    "COMMENT ON COLUMN migration_ledger.fingerprint IS '已完成语句的 SM3 摘要，续跑时核对'",
    "COMMENT ON COLUMN migration_ledger.applied_at IS '全部完成的时间；未完成为空'",
    "COMMENT ON COLUMN migration_ledger.failure IS '上次中断的 SQLSTATE；被强行终止时为空'",
    "COMMENT ON COLUMN migration_ledger.started_at IS '首次开始的时间'",
    "COMMENT ON COLUMN migration_ledger.applied_by IS '执行的数据库账户'",
  ]

  /// The rows; `nil` when there is no table yet. One round trip.
  static func read(_ store: some Queryable) async throws(MigrationError) -> [LedgerEntry]? {
    do {
      return try await store.query(entries).map(\.entry)
    } catch {
      // undefined_table: nothing was ever migrated here.
      if error.sqlState == "42P01" { return nil }
      throw .store(.relational, error)
    }
  }

  /// Writes that `done` statements of a file have run.
  static func write(
    _ file: MigrationFile, done: Int, failure: String? = nil, in store: some Queryable
  ) async throws(RelationalError) {
    _ = try await store.execute(
      record, Int32(file.number), file.name, file.checksum.bytes, file.chain.bytes, Int32(done), Int32(file.steps),
      file.fingerprint(first: done), failure)
  }
}

/// A row of the table.
struct LedgerRow: RowDecodable {
  let entry: LedgerEntry

  init(row: inout RowReader) throws(DecodingFailure) {
    let number: Int32 = try row.next()
    let name: String = try row.next()
    let checksum: [UInt8] = try row.next()
    let chain: [UInt8] = try row.next()
    let done: Int32 = try row.next()
    let steps: Int32 = try row.next()
    let fingerprint: [UInt8] = try row.next()
    let appliedAt: Instant? = try row.next()
    let failure: String? = try row.next()
    entry = LedgerEntry(
      number: Int(number), name: name, store: .relational, checksum: checksum, chain: chain, done: Int(done),
      steps: Int(steps), fingerprint: fingerprint, appliedAt: appliedAt, failure: failure)
  }
}
