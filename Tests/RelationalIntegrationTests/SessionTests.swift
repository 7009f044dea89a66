import Kernel
import Relational
import Testing

/// Not behind pgbouncer, where there are no sessions.
@Suite("Sessions")
struct SessionTests {
  private static let all = Statement<Int64>("entry.all", "SELECT id FROM entry ORDER BY id")

  private func withEntries(poolSize: Int = 4, _ body: (Database) async throws -> Void) async throws {
    try await withDatabase(poolSize: poolSize) { database in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      try await body(database)
    }
  }

  @Test("A session's transaction, settings, locks, listeners and tables do not outlive it")
  func cleanSessions() async throws {
    try await withEntries(poolSize: 1) { database in
      try await database.withSession { session in
        try await session.script(
          """
          SET search_path = pg_catalog; SELECT pg_advisory_lock(42); LISTEN something; CREATE TEMP TABLE mine (a int4)
          """)
        try await session.script("BEGIN; INSERT INTO public.entry VALUES (77)")
      }
      #expect(try await database.query(Self.all) == [])
      #expect(try await database.first(Statement<String>("path", "SHOW search_path")) != "pg_catalog")
      #expect(
        try await database.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42") == 0)
      #expect(try await database.number("SELECT count(*) FROM pg_listening_channels()") == 0)
      #expect(try await database.number("SELECT count(*) FROM pg_class WHERE relname = 'mine'") == 0)
    }
  }

  @Test("An advisory lock of a session keeps others out while it lasts")
  func advisoryLock() async throws {
    try await withEntries { database in
      let take = Statement<Bool>("lock.try", "SELECT pg_try_advisory_lock($1)")
      try await database.withSession { session in
        #expect(try await session.first(take, Int64(5)) == true)
        let taken = try await Task.detached { try await database.first(take, Int64(5)) }.value
        #expect(taken == false)
      }
      #expect(try await database.withSession { try await $0.first(take, Int64(5)) } == true)
    }
  }
}
