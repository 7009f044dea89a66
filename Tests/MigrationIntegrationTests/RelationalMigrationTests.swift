import Kernel
import Relational
import Testing

@testable import Migration

@Suite("Relational migrations")
struct RelationalMigrationTests {
  @Test("Files run once, in order, and the ledger knows them")
  func ordinary() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_base.sql": "CREATE TABLE a (x int); INSERT INTO a VALUES (1);",
        "0002_more.sql": "ALTER TABLE a ADD y int; INSERT INTO a VALUES (2, 2)",
      ]
      let migrator = try world.migrator(files)
      #expect(try await migrator.status().map(\.state) == [.pending, .pending])
      await #expect(throws: MigrationError.self) { try await migrator.verifyCurrent() }
      let log = ProgressLog()
      let applied = try await migrator.apply { log.add($0) }
      #expect(applied.map(\.number) == [1, 2])
      #expect(log.all.first == .started(file: "0001_base.sql", steps: 2))
      #expect(log.all.contains(.step(file: "0002_more.sql", 2, of: 2)))
      let statuses = try await migrator.status()
      #expect(statuses.allSatisfy { $0.state == .applied && $0.appliedAt != nil })
      try await migrator.verifyCurrent()
      #expect(try await migrator.apply().isEmpty)
      #expect(try await world.number("SELECT count(*) FROM a") == 2)
    }
  }

  @Test("Eight migrators at once run each file once, also one that builds an index concurrently")
  func together() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_base.sql": "CREATE TABLE ran (file int); INSERT INTO ran VALUES (1)",
        "0002_index.sql": """
        -- migrate: transaction=none
        INSERT INTO ran VALUES (2); CREATE INDEX CONCURRENTLY ran_file ON ran (file); INSERT INTO ran VALUES (3)
        """, "0003_slow.sql": "INSERT INTO ran SELECT 4 FROM pg_sleep(0.2)",
      ]
      let folder = try MigrationWorld.folder(files)
      let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
        for _ in 0..<8 {
          group.addTask {
            // A database each: eight programs would not share a pool either.
            let database = try await Database.open(RelationalConfiguration(uri: world.uri))
            let applied = try await Migrator(folder: folder, database: database, documents: nil).apply()
            await database.close()
            return applied.map(\.number)
          }
        }
        return try await group.reduce(into: [Int]()) { $0 += $1 }
      }
      #expect(applied.sorted() == [1, 2, 3])
      #expect(try await world.number("SELECT count(*) FROM ran") == 4)
      #expect(try await world.number("SELECT count(DISTINCT file) FROM ran") == 4)
    }
  }

  @Test("An edited or missing file is named before anything runs")
  func misfits() async throws {
    try await MigrationWorld.with { world async throws in
      let files = ["0001_a.sql": "CREATE TABLE a (x int)", "0002_b.sql": "CREATE TABLE b (x int)"]
      _ = try await world.migrator(files).apply()
      var edited = files
      edited["0002_b.sql"] = "CREATE TABLE b (x bigint)"
      edited["0003_c.sql"] = "CREATE TABLE c (x int)"
      let editedError = await migrationError { try await world.migrator(edited).apply() }
      #expect(editedError?.description == "history does not fit: 0002_b.sql: edited since it was applied")
      let missing = ["0002_b.sql": files["0002_b.sql"] ?? "", "0003_c.sql": "CREATE TABLE c (x int)"]
      let missingError = await migrationError { try await world.migrator(missing).apply() }
      #expect(
        missingError?.description == "history does not fit: 0001_a.sql: applied, but missing from the folder")
      let older = ["0001_a.sql": files["0001_a.sql"] ?? ""]
      let unknown = await migrationError { try await world.migrator(older).verifyCurrent() }
      #expect(unknown?.description == "history does not fit: 0002_b.sql: applied by a newer program")
      #expect(try await !world.exists("c"))
    }
  }

  @Test("A failing statement of a transactional file leaves nothing, and is named with its line")
  func rollback() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": "CREATE TABLE a (x int)",
        "0002_b.sql": "CREATE TABLE b (x int);\n\nINSERT INTO b VALUES (1 / 0);\nCREATE TABLE c (x int)",
      ]
      let error = await migrationError { try await world.migrator(files).apply() }
      guard case .failed(let step)? = error else {
        Issue.record("expected a failed step, not \(String(describing: error))")
        return
      }
      #expect((step.file, step.step, step.line) == ("0002_b.sql", 2, 3))
      #expect((step.underlying as? RelationalError)?.sqlState == "22012")
      #expect(try await world.exists("a"))
      #expect(try await !world.exists("b"))
      #expect(try await world.migrator(files).status().map(\.state) == [.applied, .pending])
      var mended = files
      mended["0002_b.sql"] = "CREATE TABLE b (x int)"
      #expect(try await world.migrator(mended).apply().map(\.number) == [2])
    }
  }

  @Test("What a COMMIT refuses leaves nothing either")
  func deferredConstraint() async throws {
    try await MigrationWorld.with { world async throws in
      let files = [
        "0001_a.sql": """
        CREATE TABLE p (x int PRIMARY KEY);
        CREATE TABLE c (x int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO c VALUES (1)
        """
      ]
      let error = await migrationError { try await world.migrator(files).apply() }
      #expect(error?.description.contains("23503") == true)
      #expect(try await !world.exists("p"))
      #expect(try await world.migrator(files).status().map(\.state) == [.pending])
    }
  }

  @Test("Scripts that the lexer finds nasty run as they are meant")
  func nasty() async throws {
    try await MigrationWorld.with { world async throws in
      let script = #"""
        /* one; /* two; */ ; */
        CREATE TABLE "odd;""name" (v text); -- ; not here
        INSERT INTO "odd;""name" VALUES ('a;''b'), (E'c\';d'), ($q$e;$$;f$q$), ('back\');
        INSERT INTO "odd;""name" SELECT E'g'
          'h\';i';
        CREATE FUNCTION body(a int) RETURNS int LANGUAGE sql
        BEGIN ATOMIC
          SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END;
          SELECT 3;
        END;
        DO $$ BEGIN PERFORM 1; EXECUTE $x$INSERT INTO "odd;""name" VALUES ('j;k')$x$; END $$;
        CREATE RULE twice AS ON DELETE TO "odd;""name" DO ALSO (SELECT 1; SELECT 2);
        """#
      _ = try await world.migrator(["0001_nasty.sql": script]).apply()
      let table = #""odd;""name""#
      #expect(try await world.number("SELECT count(*) FROM \(table)") == 6)
      #expect(try await world.number(#"SELECT count(*) FROM \#(table) WHERE v IN ('gh'';i', 'back\')"#) == 2)
      #expect(try await world.number("SELECT body(1)::bigint") == 3)
    }
  }

  @Test("A file may set what it likes: the ledger is written, and the session goes back as it was")
  func settings() async throws {
    try await MigrationWorld.with { world async throws in
      var configuration = RelationalConfiguration(uri: world.uri)
      configuration.poolSize = 1
      let database = try await Database.open(configuration)
      let show = Statement<String>(
        "test.settings", "SELECT current_setting('search_path') || current_setting('lock_timeout') || current_user")
      let before = try await database.first(show)
      let setting = "SET search_path TO pg_catalog; SET lock_timeout = '3s'; SET ROLE pg_monitor;"
      let folder = try MigrationWorld.folder(["0001_a.sql": "CREATE TABLE a (x int);" + setting])
      let migrator = Migrator(folder: folder, database: database, documents: nil)
      #expect(try await migrator.apply().count == 1)
      #expect(try await database.first(show) == before)
      let broken = try MigrationWorld.folder([
        "0001_a.sql": "CREATE TABLE a (x int);" + setting, "0002_b.sql": setting + "SELECT 1 / 0",
      ])
      #expect(
        await migrationError { try await Migrator(folder: broken, database: database, documents: nil).apply() } != nil)
      #expect(try await database.first(show) == before)
      #expect(try await migrator.status().map(\.state) == [.applied])
      await database.close()
    }
  }

  @Test("Somebody who holds the lock is waited for, and not for ever")
  func locked() async throws {
    try await MigrationWorld.with { world async throws in
      let migrator = try world.migrator(["0001_a.sql": "CREATE TABLE a (x int)"])
      try await world.database.withSession { holder in
        _ = try await holder.first(RelationalLedger.tryLock, RelationalLedger.lockKey)
        let log = ProgressLog()
        // A task of its own, as another program would be: this one holds a session already.
        let waiting = Task.detached {
          await migrationError { try await migrator.apply(patience: .milliseconds(200)) { log.add($0) } }
        }
        #expect(await waiting.value?.description == "another migration is running")
        #expect(log.all == [.waiting])
        _ = try await holder.first(RelationalLedger.unlock, RelationalLedger.lockKey)
      }
      #expect(try await migrator.apply().count == 1)
    }
  }

  @Test("A cancelled migrator leaves neither half a file nor the lock")
  func cancelling() async throws {
    try await MigrationWorld.with { world async throws in
      let slow = try world.migrator(["0001_a.sql": "CREATE TABLE a (x int); SELECT pg_sleep(30)"])
      let started = ProgressLog()
      let task = Task { try await slow.apply { started.add($0) } }
      while !started.all.contains(.step(file: "0001_a.sql", 1, of: 2)) { try await Task.sleep(for: .milliseconds(5)) }
      task.cancel()
      let error = await migrationError { try await task.value }
      #expect(error?.description == "cancelled")
      #expect(try await !world.exists("a"))
      let quick = try world.migrator(["0001_a.sql": "CREATE TABLE a (x int)"])
      #expect(try await quick.apply(patience: .seconds(2)).count == 1)
    }
  }
}
