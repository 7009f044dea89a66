import Kernel
import Relational
import TestSupport
import Testing

@Suite("P6: a returned connection is clean")
struct CleanReturnTests {
  /// Everything that a lease can leave behind, as one line; the same for a connection nobody has used.
  private static let look = Statement<String>(
    "clean.look",
    """
    SELECT concat_ws(' | ', current_setting('search_path'), current_setting('work_mem'), current_setting('role'),
           current_user = session_user, coalesce(current_setting('clean.mark', true), ''),
           (SELECT count(*) FROM pg_listening_channels()),
           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
           (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
           (SELECT count(*) FROM pg_cursors WHERE name <> ''),
           (SELECT count(*) FROM pg_prepared_statements WHERE from_sql), now() = statement_timestamp())
    """)
  private static let backend = Statement<Int32>("clean.backend", "SELECT pg_backend_pid()")

  private static let traces = [
    "BEGIN", "SET work_mem = '3MB'", "SET search_path = pg_catalog", "LISTEN something", "SELECT pg_advisory_lock(7)",
    "SELECT pg_try_advisory_lock_shared(8)", "CREATE TEMP TABLE mine (a int4)", "SET ROLE pg_monitor",
    "SELECT set_config('clean.mark', 'x', false)", "DECLARE held CURSOR WITH HOLD FOR SELECT 1",
    "PREPARE mine AS SELECT 1", "SELECT 1 / 0",
  ]

  /// Runs the body and compares what the next lease sees with what a fresh connection sees.
  private func expectClean(_ text: String, after body: (Database) async throws -> Void) async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let fresh = try await database.first(Self.look)
      // Bodies may fail; what they leave is the matter.
      do { try await body(database) } catch { #expect(error is RelationalError, "\(text)") }
      #expect(try await eventually { database.statistics.leased == 0 })
      #expect(try await database.first(Self.look) == fresh, "\(text)")
    }
  }

  @Test("after a session, whatever it did", arguments: traces)
  func session(sql: String) async throws {
    try await expectClean(sql) { database in try await database.withSession { try await $0.script(sql) } }
  }

  @Test("after an ordinary statement in a transaction", arguments: traces.dropFirst())
  func transaction(sql: String) async throws {
    try await expectClean(sql) { database in
      try await database.withTransaction { tx in _ = try await tx.execute(Statement<NoRow>("clean.trace", sql)) }
    }
  }

  @Test("after a statement by itself", arguments: traces)
  func single(sql: String) async throws {
    try await expectClean(sql) { database in try await database.execute(Statement<NoRow>("clean.trace", sql)) }
  }

  @Test("after an aborted transaction that was left open by hand")
  func aborted() async throws {
    try await expectClean("aborted") { database in
      try await database.withSession { session in
        try await session.script("BEGIN; SET work_mem = '5MB'; LISTEN x; SELECT 1/0")
      }
    }
  }

  @Test("and an ordinary lease pays no round trip for it, while the same connection goes on serving")
  func cost() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let first = try await database.first(Self.backend)
      let before = database.statistics.roundTrips
      try await database.withTransaction { tx in _ = try await tx.first(Self.backend) }
      #expect(database.statistics.roundTrips - before == 2)
      #expect(try await database.first(Self.backend) == first)
      #expect(database.statistics.roundTrips - before == 3)
      try await database.execute(Statement<NoRow>("clean.set", "SET work_mem = '3MB'"))
      #expect(database.statistics.roundTrips - before == 5)
      #expect(try await database.first(Self.backend) == first)
    }
  }
}
