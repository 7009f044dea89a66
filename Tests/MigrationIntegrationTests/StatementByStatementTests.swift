import GMCrypto
import Kernel
import Relational
import Testing

@testable import Migration

/// Files with `transaction=none`.
@Suite("Migrations statement by statement")
struct StatementByStatementTests {
  private let header = "-- migrate: transaction=none\n"

  @Test("CREATE INDEX CONCURRENTLY works in a file of three statements")
  func concurrently() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": "CREATE TABLE a (x int, y int)",
        "0002_b.sql": header + """
          CREATE INDEX CONCURRENTLY a_x ON a (x);
          CREATE INDEX CONCURRENTLY a_y ON a (y);
          VACUUM a;
          """,
      ]
      #expect(try await world.migrator(files).apply().count == 2)
      #expect(
        try await world.number("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid") == 2)
    }
  }

  @Test("After a failure at statement two of three, one does not run again and two may be mended")
  func resume() async throws {
    try await MigrationWorld.with { world async throws in
      func files(_ second: String) -> [String: String] {
        [
          "0001_a.sql": "CREATE TABLE a (x int)",
          "0002_b.sql": header + "INSERT INTO a VALUES (1);\n\(second);\nINSERT INTO a VALUES (3)",
        ]
      }
      let broken = try world.migrator(files("INSERT INTO a VALUES (1 / 0)"))
      let error = await migrationError { try await broken.apply() }
      #expect(error?.description.hasPrefix("0002_b.sql: step 2 of 3, line 3: ") == true)
      #expect(try await broken.status().last?.state == .interrupted(done: 1, of: 3))
      // The program must not serve on it, and a second try fails at the same place without running the first again.
      await #expect(throws: MigrationError.self) { try await broken.verifyCurrent() }
      _ = await migrationError { try await broken.apply() }
      #expect(try await world.number("SELECT count(*) FROM a") == 1)
      let mended = try world.migrator(files("INSERT INTO a VALUES (2)"))
      #expect(try await mended.apply().map(\.number) == [2])
      #expect(try await world.number("SELECT sum(x * x) FROM a") == 14)
      try await mended.verifyCurrent()
      #expect(try await mended.status().last?.appliedAt != nil)
    }
  }

  @Test("The statements that ran may not be changed before resuming")
  func changedPast() async throws {
    try await MigrationWorld.with { world async throws in
      let broken = ["0001_a.sql": header + "CREATE TABLE a (x int); SELECT 1 / 0"]
      _ = await migrationError { try await world.migrator(broken).apply() }
      let changed = ["0001_a.sql": header + "CREATE TABLE a (x bigint); SELECT 1"]
      let error = await migrationError { try await world.migrator(changed).apply() }
      #expect(error?.description == "history does not fit: 0001_a.sql: edited since it was applied")
    }
  }

  @Test("An invalid index that a failed run left is dropped and built again")
  func invalidIndex() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": "CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1)",
        "0002_b.sql": header + "CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x); INSERT INTO a VALUES (2)",
      ]
      let migrator = try world.migrator(files)
      let error = await migrationError { try await migrator.apply() }
      #expect(error?.description.contains("23505") == true)
      #expect(try await world.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1)
      try await world.run("DELETE FROM a WHERE ctid = (SELECT min(ctid) FROM a)")
      #expect(try await migrator.apply().map(\.number) == [2])
      #expect(try await world.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0)
      #expect(try await world.exists("a_x"))
    }
  }

  /// The state that a kill leaves between a statement and its record.
  private func cutOff(_ world: MigrationWorld, _ files: [String: String], file name: String) async throws {
    let file = try #require(try MigrationWorld.folder(files).files.first { $0.fileName == name })
    try await RelationalLedger.write(file, done: 1, in: world.database)
  }

  @Test("An index that was finished in the server after a kill is recognised")
  func finishedIndex() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": "CREATE TABLE a (x int)",
        "0002_b.sql": header
          + "INSERT INTO a VALUES (1); CREATE INDEX CONCURRENTLY a_x ON a (x); INSERT INTO a VALUES (3)",
      ]
      _ = try await world.migrator(["0001_a.sql": "CREATE TABLE a (x int)"]).apply()
      try await world.run("CREATE INDEX a_x ON a (x)")
      try await cutOff(world, files, file: "0002_b.sql")
      #expect(try await world.migrator(files).apply().map(\.number) == [2])
      #expect(try await world.number("SELECT sum(x) FROM a") == 3)
    }
  }

  @Test("Where a kill leaves doubt about another statement, the error says what to do, and doing it helps")
  func doubt() async throws {
    try await MigrationWorld.with { world async throws in
      let first = ["0001_a.sql": "CREATE TABLE a (x int)"]
      func files(_ second: String) -> [String: String] {
        first.merging(["0002_b.sql": header + "SELECT 1; \(second); INSERT INTO a VALUES (3)"]) { _, new in new }
      }
      _ = try await world.migrator(first).apply()
      try await world.run("CREATE TABLE b (x int)")
      try await cutOff(world, files("CREATE TABLE b (x int)"), file: "0002_b.sql")
      let error = await migrationError { try await world.migrator(files("CREATE TABLE b (x int)")).apply() }
      #expect(error?.description.contains("make it repeatable") == true)
      #expect(try await world.migrator(files("CREATE TABLE IF NOT EXISTS b (x int)")).apply().map(\.number) == [2])
    }
  }

  @Test("A connection killed in the middle of a statement: the next run goes on there")
  func killedConnection() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": header + """
          CREATE TABLE a (x int); INSERT INTO a VALUES (1);
          INSERT INTO a SELECT 2 FROM pg_sleep(1.5); INSERT INTO a VALUES (3)
          """
      ]
      let migrator = try world.migrator(files)
      let log = ProgressLog()
      let task = Task { await migrationError { try await migrator.apply { log.add($0) } } }
      while !log.all.contains(.step(file: "0001_a.sql", 2, of: 4)) { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(100))
      let killed = try await world.number(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%pg_sleep(1.5)%' AND pid <> pg_backend_pid()
        """)
      #expect(killed == 1)
      #expect(await task.value != nil)
      #expect(try await migrator.status().map(\.state) == [.interrupted(done: 2, of: 4)])
      #expect(try await migrator.apply().count == 1)
      #expect(try await world.number("SELECT sum(x) FROM a") == 6)
    }
  }

  @Test("An ALTER behind a long reader gives up, is tried again, and gets through once the reader is gone")
  func lockTimeout() async throws {
    try await MigrationWorld.with { world async throws in
      let first = ["0001_a.sql": "CREATE TABLE a (x int)"]
      _ = try await world.migrator(first).apply()
      let directive = "-- migrate: lock_timeout=100ms\n"
      let files = first.merging(["0002_b.sql": directive + "ALTER TABLE a ADD y int"]) { _, new in new }
      let migrator = try world.migrator(files)
      try await world.database.withSession { reader in
        try await reader.script("BEGIN")
        try await reader.script("LOCK TABLE a IN ACCESS SHARE MODE")
        let blocked = await Task.detached { await migrationError { try await migrator.apply() } }.value
        #expect(blocked?.description.contains("55P03") == true)
        let waiting = Task.detached { try await migrator.apply().count }
        try await Task.sleep(for: .milliseconds(300))
        try await reader.script("COMMIT")
        #expect(try await waiting.value == 1)
      }
    }
  }
}
