import Kernel
import Relational
import Testing

@Suite("Cancellation and deadlines", .alsoBehindPgBouncer)
struct CancellationTests {
  private static let sleep = Statement<NoRow>("cancel.sleep", "SELECT FROM pg_sleep($1) -- haiju test sleep")
  private static let active = Statement<Int64>(
    "cancel.active",
    """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state = 'active' AND query LIKE '%haiju test ' || 'sleep%'
       AND pid <> pg_backend_pid()
    """)

  @Test("A cancelled statement stops on the server, and the next answer is right")
  func cancelled() async throws {
    try await withDatabase(poolSize: 1) { database in
      let task = Task { await failure { try await database.execute(Self.sleep, 60.0) } }
      #expect(try await eventually { database.statistics.byStatement["cancel.sleep"]?.count == 1 })
      try await Task.sleep(for: .milliseconds(50))
      let start = ContinuousClock.now
      task.cancel()
      #expect(await task.value?.code == .cancelled)
      #expect(ContinuousClock.now - start < .seconds(10))
      #expect(try await eventually(within: .seconds(2)) { try await database.first(Self.active) == 0 })
      let echo = Statement<Int64>("cancel.echo", "SELECT $1")
      for number in 0..<20 { #expect(try await database.first(echo, number) == Int64(number)) }
    }
  }

  @Test("A statement past its deadline stops on the server")
  func deadline() async throws {
    try await withDatabase(poolSize: 1, statementTimeout: .milliseconds(200)) { (database) async throws in
      let start = ContinuousClock.now
      let error = await failure { try await database.execute(Self.sleep, 60.0) }
      #expect(error?.code == .deadline && error?.statement == "cancel.sleep")
      #expect(ContinuousClock.now - start < .seconds(10))
      #expect(try await eventually(within: .seconds(2)) { try await database.first(Self.active) == 0 })
    }
  }

  @Test("Cancelling inside a transaction rolls it back")
  func inTransaction() async throws {
    try await withDatabase(poolSize: 2) { database in
      try await database.arrange("CREATE TABLE entry (id int8)")
      let task = Task {
        await failure {
          try await database.withTransaction { tx in
            try await tx.execute(Statement<NoRow>("entry.put", "INSERT INTO entry VALUES (1)"))
            try await tx.execute(Self.sleep, 60.0)
          }
        }
      }
      #expect(try await eventually { database.statistics.byStatement["cancel.sleep"]?.count == 1 })
      task.cancel()
      #expect(await task.value?.code == .cancelled)
      #expect(try await database.number("SELECT count(*) FROM entry") == 0)
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }

  @Test("A COMMIT without an answer is of unknown outcome, never a rollback")
  func commit() async throws {
    try await withDatabase(poolSize: 2) { database in
      try await database.arrange(
        """
        CREATE TABLE entry (id int8);
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_sleep(60) /* haiju test sleep */; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION dawdle()
        """)
      let before = database.statistics.roundTrips
      let task = Task {
        await failure {
          try await database.withTransaction { tx in
            _ = try await tx.execute(Statement<NoRow>("entry.put", "INSERT INTO entry VALUES (1)"))
          }
        }
      }
      #expect(try await eventually { database.statistics.roundTrips == before + 2 })
      try await Task.sleep(for: .milliseconds(100))
      task.cancel()
      let error = await task.value
      #expect(error?.code == .outcomeUnknown)
      #expect(error?.isTransient == false)
      let committing = Statement<Int64>(
        "cancel.committing",
        """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'active' AND query = 'COMMIT'
        """)
      #expect(try await eventually { try await database.first(committing) == 0 })
    }
  }

  @Test("A COMMIT that is answered in time counts, even when the task was cancelled meanwhile")
  func commitAnswered() async throws {
    try await withDatabase(poolSize: 2) { database in
      try await database.arrange(
        """
        CREATE TABLE entry (id int8);
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION dawdle()
        """)
      let before = database.statistics.roundTrips
      let task = Task {
        try await database.withTransaction { tx in
          try await tx.execute(Statement<NoRow>("entry.put", "INSERT INTO entry VALUES (1)"))
        }
      }
      #expect(try await eventually { database.statistics.roundTrips == before + 2 })
      task.cancel()
      #expect(try await task.value == 1)
      #expect(try await database.number("SELECT count(*) FROM entry") == 1)
    }
  }

  @Test("A task cancelled before it asks sends nothing")
  func unsent() async throws {
    try await withDatabase { database in
      let before = database.statistics.roundTrips
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await failure { try await database.execute(Self.sleep, 1.0) }
      }
      #expect(await task.value?.code == .cancelled)
      #expect(database.statistics.roundTrips == before)
    }
  }
}
