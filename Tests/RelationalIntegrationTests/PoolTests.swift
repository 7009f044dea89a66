import Kernel
import Relational
import TestSupport
import Testing

@Suite("The pool")
struct PoolTests {
  private static let one = Statement<Int32>("one", "SELECT 1")
  private static let sleep = Statement<NoRow>("sleep", "SELECT FROM pg_sleep($1)")

  @Test("A second connection for the same task is refused at once, not after a deadlock")
  func nested() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let start = ContinuousClock.now
      let error = await failure {
        try await database.withTransaction { tx in
          _ = try await tx.query(Self.one)
          _ = try await database.query(Self.one)
        }
      }
      #expect(error?.code == .nestedLease)
      let inChild = await failure {
        try await database.withSession { _ in
          async let answer = database.withTransaction { try await $0.query(Self.one) }
          _ = try await answer
        }
      }
      #expect(inChild?.code == .nestedLease)
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(try await database.first(Self.one) == 1)
    }
  }

  @Test("A task started inside a transaction may use the database once that is over")
  func afterwards() async throws {
    try await withDatabase(poolSize: 1) { database in
      let late = try await database.withTransaction { tx in
        _ = try await tx.query(Self.one)
        return Task {
          #expect(try await eventually { database.statistics.leased == 0 })
          return try await database.first(Self.one)
        }
      }
      #expect(try await late.value == 1)
    }
  }

  @Test("200 tasks over 4 connections all finish and none is leaked")
  func many() async throws {
    try await withDatabase(poolSize: 4, acquireTimeout: .seconds(60)) { (database) async throws in
      try await withThrowingTaskGroup { group in
        for number in 0..<200 {
          group.addTask {
            try await database.withTransaction { (tx) async throws in
              let echo = Statement<Int64>("echo", "SELECT $1")
              #expect(try await tx.first(echo, number) == Int64(number))
              #expect(try await tx.first(echo, -number) == Int64(-number))
            }
          }
        }
        try await group.waitForAll()
      }
      let statistics = database.statistics
      #expect(statistics.leased == 0 && statistics.waiting == 0)
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      let backends = try await TestStores.postgres().run(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)'")
      #expect((Int(backends) ?? 99) <= 4)
    }
  }

  @Test("Waiting for a connection ends at its deadline")
  func bounded() async throws {
    try await withDatabase(poolSize: 1, acquireTimeout: .seconds(2)) { database in
      async let long: Void = { _ = try await database.execute(Self.sleep, 6.0) }()
      #expect(try await eventually { database.statistics.leased == 1 })
      let start = ContinuousClock.now
      let error = await failure { _ = try await database.query(Self.one) }
      #expect(error?.code == .acquireTimeout)
      #expect(ContinuousClock.now - start < .milliseconds(5900))
      try await long
    }
  }

  @Test("A cancelled waiter gives its place up")
  func cancelledWaiter() async throws {
    try await withDatabase(poolSize: 1) { database in
      async let long: Void = { _ = try await database.execute(Self.sleep, 2.0) }()
      #expect(try await eventually { database.statistics.leased == 1 })
      let waiter = Task { await failure { _ = try await database.query(Self.one) } }
      #expect(try await eventually { database.statistics.waiting == 1 })
      waiter.cancel()
      #expect(await waiter.value?.code == .cancelled)
      #expect(database.statistics.waiting == 0)
      try await long
      #expect(try await database.first(Self.one) == 1)
    }
  }

  @Test("Random cancellations leave nothing leased, and every answer belongs to its question")
  func storm() async throws {
    try await withDatabase(poolSize: 3) { (database) async throws in
      let echo = Statement<Int64>("echo", "SELECT $1 FROM pg_sleep($2)")
      await withTaskGroup { group in
        for number in 0..<150 {
          group.addTask {
            let task = Task { try await database.first(echo, number, Double.random(in: 0...0.02)) }
            if number % 3 == 0 {
              try? await Task.sleep(for: .milliseconds(Int.random(in: 0...30)))
              task.cancel()
            }
            if case .success(let answer) = await task.result { #expect(answer == Int64(number)) }
          }
        }
      }
      #expect(try await eventually { database.statistics.leased == 0 && database.statistics.waiting == 0 })
      #expect(try await database.first(echo, 7, 0.0) == 7)
    }
  }

  @Test("After closing, calls are refused and no backend remains")
  func closing() async throws {
    let server = try await TestStores.postgres()
    let uri = try await server.freshDatabase()
    let database = try await Database.open(RelationalConfiguration(uri: uri, poolSize: 3))
    let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
    _ = try await database.query(Statement<Int32>("shared.one", lane: .shared, "SELECT 1"))
    await database.close()
    #expect(await failure { _ = try await database.query(Self.one) }?.code == .closed)
    #expect(
      await failure { _ = try await database.query(Statement<Int32>("s", lane: .shared, "SELECT 1")) }?.code == .closed)
    #expect(
      try await eventually {
        try await server.run("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)'") == "0"
      })
  }
}
