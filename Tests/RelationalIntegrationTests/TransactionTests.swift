import Kernel
import Relational
import Testing

private struct Stop: Error {}

@Suite("Transactions", .alsoBehindPgBouncer)
struct TransactionTests {
  private static let put = Statement<NoRow>("entry.put", "INSERT INTO entry VALUES ($1)")
  private static let all = Statement<Int64>("entry.all", "SELECT id FROM entry ORDER BY id")

  private func withEntries(poolSize: Int = 4, _ body: (Database) async throws -> Void) async throws {
    try await withDatabase(poolSize: poolSize) { database in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      try await body(database)
    }
  }

  @Test("Leaving the body commits, throwing rolls back and throws the body's own error")
  func commitAndRollback() async throws {
    try await withEntries { database in
      let answer = try await database.withTransaction { tx in
        try await tx.execute(Self.put, 1)
        return "done"
      }
      #expect(answer == "done")
      await #expect(throws: Stop.self) {
        try await database.withTransaction { tx in
          try await tx.execute(Self.put, 2)
          throw Stop()
        }
      }
      #expect(try await database.query(Self.all) == [1])
      #expect(database.statistics.leased == 0)
    }
  }

  @Test("A transaction of one statement takes two round trips, an empty one none")
  func roundTrips() async throws {
    try await withEntries(poolSize: 1) { database in
      var before = database.statistics
      try await database.withTransaction { tx in try await tx.execute(Self.put, 1) }
      #expect(database.statistics.roundTrips - before.roundTrips == 2)
      #expect(database.statistics.statements - before.statements == 1)
      #expect(database.statistics.byStatement["entry.put"]?.count == 1)
      before = database.statistics
      try await database.withTransaction { _ in }
      #expect(database.statistics.roundTrips == before.roundTrips)
      try await database.withTransaction { tx in
        try await tx.savepoint { try await $0.execute(Self.put, 2) }
        try await tx.savepoint { try await $0.execute(Self.put, 3) }
      }
      #expect(database.statistics.roundTrips - before.roundTrips == 3)
      #expect(try await database.query(Self.all) == [1, 2, 3])
    }
  }

  @Test("A savepoint undoes what happened inside it and nothing else")
  func savepoints() async throws {
    try await withEntries { database in
      try await database.withTransaction { tx in
        try await tx.execute(Self.put, 1)
        try? await tx.savepoint { inner in
          try await inner.execute(Self.put, 2)
          throw Stop()
        }
        let error = await failure { try await tx.savepoint { _ = try await $0.execute(Self.put, 1) } }
        #expect(error?.code == .uniqueViolation)
        try await tx.savepoint { inner in
          try await inner.execute(Self.put, 3)
          try? await inner.savepoint { innermost in
            try await innermost.execute(Self.put, 4)
            throw Stop()
          }
          try await inner.savepoint { _ in }
          try await inner.execute(Self.put, 5)
        }
        #expect(try await tx.query(Self.all) == [1, 3, 5])
      }
      #expect(try await database.query(Self.all) == [1, 3, 5])
    }
  }

  @Test("The outer value is refused while a savepoint is open, and every value after the end")
  func misuse() async throws {
    try await withEntries { database in
      let escaped = try await database.withTransaction { tx in
        let error = await failure { try await tx.savepoint { _ in _ = try await tx.query(Self.all) } }
        #expect(error?.code == .misuse)
        return tx
      }
      let error = await failure { _ = try await escaped.query(Self.all) }
      #expect(error?.code == .closed)
    }
  }

  @Test("An error that the body ignored is not reported as a commit")
  func ignoredError() async throws {
    try await withEntries { (database) async throws in
      let error = await failure {
        try await database.withTransaction { tx in
          try await tx.execute(Self.put, 1)
          _ = try? await tx.execute(Self.put, 1)
        }
      }
      #expect(error?.code == .rolledBack)
      #expect(try await database.query(Self.all) == [])
    }
  }

  @Test("Child tasks of a transaction take turns")
  func children() async throws {
    try await withEntries { database in
      try await database.withTransaction { tx in
        try await withThrowingTaskGroup { group in
          for id in 0..<50 { group.addTask { _ = try await tx.execute(Self.put, id) } }
          try await group.waitForAll()
        }
      }
      #expect(try await database.query(Self.all).count == 50)
    }
  }

  @Test("A lost serialization is run again until it holds")
  func serialization() async throws {
    try await withDatabase { database in
      try await database.arrange("CREATE TABLE counter (id int4, value int8); INSERT INTO counter VALUES (1, 0)")
      let read = Statement<Int64>("counter.read", "SELECT value FROM counter WHERE id = 1")
      let write = Statement<NoRow>("counter.write", "UPDATE counter SET value = $1 WHERE id = 1")
      let met = Meeting(count: 2)
      try await withThrowingTaskGroup { group in
        for _ in 0..<2 {
          group.addTask {
            try await database.withTransaction(isolation: .serializable) { tx in
              let value = try await tx.first(read) ?? 0
              // Both have read before either writes, so that one of them must lose.
              await met.arrive()
              try await tx.execute(write, value + 1)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await database.first(read) == 2)
      #expect(try #require(database.statistics.byStatement["counter.read"]?.count) >= 4)
    }
  }

  @Test("A deadlock's victim is run again")
  func deadlock() async throws {
    try await withDatabase { database in
      try await database.arrange(
        "ALTER DATABASE \(try await database.first(Statement<String>("db", "SELECT current_database()")) ?? "") SET deadlock_timeout = '50ms';"
          + "CREATE TABLE counter (id int4 PRIMARY KEY, value int8); INSERT INTO counter VALUES (1, 0), (2, 0)")
      let add = Statement<NoRow>("counter.add", "UPDATE counter SET value = value + 1 WHERE id = $1")
      let met = Meeting(count: 2)
      try await withThrowingTaskGroup { group in
        for order in [[1, 2], [2, 1]] as [[Int32]] {
          group.addTask {
            try await database.withTransaction { tx in
              try await tx.execute(add, order[0])
              await met.arrive()
              try await tx.execute(add, order[1])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await database.number("SELECT sum(value)::int8 FROM counter") == 4)
    }
  }

  @Test("A transaction is read-only when it says so")
  func readOnly() async throws {
    try await withEntries { database in
      let error = await failure {
        try await database.withTransaction(readOnly: true) { _ = try await $0.execute(Self.put, 1) }
      }
      #expect(error?.sqlState == "25006")
    }
  }

  @Test("A script of several statements is part of its transaction and cannot end it")
  func scripts() async throws {
    try await withEntries { (database) async throws in
      _ = try? await database.withTransaction { tx in
        try await tx.script("CREATE TABLE made (id int8); INSERT INTO entry VALUES (9); INSERT INTO entry VALUES (10)")
        throw Stop()
      }
      #expect(try await database.query(Self.all) == [])
      let error = await failure {
        try await database.withTransaction { tx in try await tx.script("INSERT INTO entry VALUES (1); COMMIT") }
      }
      #expect(error?.code == .misuse)
      let wrong = await failure { try await database.withTransaction { try await $0.script("SELECT 1; SELEC 2") } }
      #expect(wrong?.sqlState == "42601")
      #expect(try await database.number("SELECT count(*) FROM entry") == 1)
    }
  }
}

/// A place where several tasks wait for each other, once; later comers pass.
private actor Meeting {
  private var missing: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []
  init(count: Int) { missing = count }

  func arrive() async {
    if missing == 0 { return }
    missing -= 1
    if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
