import Kernel
import Relational
import TestSupport
import Testing

@Suite("The shared lane")
struct SharedLaneTests {
  private static let echo = Statement<Int64>("shared.echo", lane: .shared, "SELECT $1")
  private static let divide = Statement<Int64>("shared.divide", lane: .shared, "SELECT 100 / $1")

  @Test("Every answer belongs to its question, and many travel in one round trip")
  func answers() async throws {
    try await withDatabase { (database) async throws in
      _ = try await database.first(Self.echo, 0)
      let before = database.statistics
      try await withThrowingTaskGroup { group in
        for number in 0..<2000 {
          group.addTask { () async throws in #expect(try await database.first(Self.echo, number) == Int64(number)) }
        }
        try await group.waitForAll()
      }
      let after = database.statistics
      #expect(after.statements - before.statements == 2000)
      #expect(after.roundTrips - before.roundTrips < 1000)
      #expect(after.byStatement["shared.echo"]?.count == 2001)
    }
  }

  @Test("A failing statement among fifty fails alone")
  func failures() async throws {
    try await withDatabase { database in
      for _ in 0..<5 {
        let outcomes = await withTaskGroup(of: (Int, Result<Int64?, RelationalError>).self) { group in
          for number in 0..<50 {
            group.addTask {
              do throws(RelationalError) {
                return (number, .success(try await database.first(Self.divide, number == 25 ? 0 : 1)))
              } catch {
                return (number, .failure(error))
              }
            }
          }
          return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (number, outcome) in outcomes {
          switch outcome {
          case .success(let value): #expect(value == 100 && number != 25)
          case .failure(let error):
            #expect(number == 25 && error.sqlState == "22012" && error.statement == "shared.divide")
          }
        }
      }
    }
  }

  @Test("A statement that cannot be prepared fails alone")
  func wrongStatement() async throws {
    try await withDatabase { database in
      let wrong = Statement<Int64>("shared.wrong", lane: .shared, "SELECT nothing FROM nowhere")
      await withTaskGroup { group in
        for number in 0..<40 {
          group.addTask {
            if number % 10 == 3 {
              #expect(await failure { _ = try await database.query(wrong) }?.sqlState == "42P01")
            } else {
              #expect(await failure { _ = try await database.query(Self.echo, number) } == nil)
            }
          }
        }
      }
      try await database.arrange("CREATE TABLE nowhere (nothing int8); INSERT INTO nowhere VALUES (5)")
      #expect(try await database.first(wrong) == 5)
    }
  }

  @Test("Writing on the shared lane is refused by the server")
  func readOnly() async throws {
    try await withDatabase { database in
      try await database.arrange("CREATE TABLE entry (id int8)")
      let write = Statement<NoRow>("shared.write", lane: .shared, "INSERT INTO entry VALUES (1)")
      #expect(await failure { try await database.execute(write) }?.sqlState == "25006")
    }
  }

  @Test("A cancelled task drops its answer and disturbs nobody")
  func cancelled() async throws {
    try await withDatabase(configure: { $0.sharedStatementTimeout = .seconds(10) }) { (database) async throws in
      let slow = Statement<Int64>("shared.slow", lane: .shared, "SELECT $1 FROM pg_sleep(2)")
      let dropped = Task { await failure { _ = try await database.query(slow, 1) } }
      let kept = Task { try await database.first(slow, 2) }
      #expect(try await eventually { database.statistics.byStatement["shared.slow"]?.count == 2 })
      let start = ContinuousClock.now
      dropped.cancel()
      #expect(await dropped.value?.code == .cancelled)
      #expect(ContinuousClock.now - start < .milliseconds(1900))
      #expect(try await kept.value == 2)
      #expect(try await database.first(Self.echo, 3) == 3)
    }
  }

  @Test("A statement that takes too long is stopped, and those behind it still get their answers")
  func tooSlow() async throws {
    try await withDatabase(configure: { $0.sharedStatementTimeout = .milliseconds(200) }) { database in
      let slow = Statement<Int64>("shared.slow", lane: .shared, "SELECT 1::int8 FROM pg_sleep(30)")
      await withTaskGroup { group in
        group.addTask { #expect(await failure { _ = try await database.query(slow) }?.code == .deadline) }
        for number in 0..<20 {
          group.addTask { #expect(await failure { _ = try await database.query(Self.echo, number) } == nil) }
        }
      }
    }
  }

  @Test("Reads under way when the connection is lost are sent again")
  func lost() async throws {
    try await withDatabase(configure: { $0.sharedStatementTimeout = .seconds(10) }) { database in
      let slow = Statement<Int64>("shared.slow", lane: .shared, "SELECT $1 FROM pg_sleep(0.5)")
      let reads = (0..<10).map { number in Task { try await database.first(slow, number) } }
      #expect(try await eventually { database.statistics.byStatement["shared.slow"]?.count == 10 })
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      try await TestStores.postgres().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND query LIKE '%pg_sleep(0.5)'"
      )
      for (number, read) in reads.enumerated() { #expect(try await read.value == Int64(number)) }
    }
  }

  @Test("Tasks that live on the database's own thread get the same answers")
  func onTheLoop() async throws {
    try await withDatabase { (database) async throws in
      try await withTaskExecutorPreference(database.taskExecutor) {
        try await withThrowingTaskGroup { group in
          for number in 0..<500 {
            group.addTask { () async throws in #expect(try await database.first(Self.echo, number) == Int64(number)) }
          }
          try await group.waitForAll()
        }
        try await database.withTransaction { (tx) async throws in
          #expect(try await tx.first(Statement<Int64>("echo", "SELECT $1"), 9) == 9)
        }
      }
    }
  }
}
