import Foundation
import Relational
import TestSupport
import Testing

private struct Thing: RowDecodable, Equatable {
  let id: Int64
  let name: String
  init(id: Int64, name: String) { (self.id, self.name) = (id, name) }
  init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    name = try row.next()
  }
}

@Suite("Look-ups by key that travel together")
struct CoalescingTests {
  private static let find = KeyedStatement<Int64, Thing>(
    "thing.find", "SELECT id, name FROM thing WHERE id = ANY ($1)")

  private func withThings(
    configure: (inout RelationalConfiguration) -> Void = { _ in }, _ body: (Database) async throws -> Void
  ) async throws {
    try await withDatabase(configure: configure) { database in
      try await database.arrange(
        """
        CREATE TABLE thing (id int8 PRIMARY KEY, name text NOT NULL);
        INSERT INTO thing SELECT n, 'thing ' || n FROM generate_series(1, 500) n;
        CREATE TABLE gate (id int8 PRIMARY KEY); INSERT INTO gate VALUES (1)
        """)
      try await body(database)
    }
  }

  @Test("Every one of a thousand callers gets the row of its own key, duplicates and missing keys included")
  func ownRow() async throws {
    try await withThings { (database) async throws in
      let before = database.statistics
      try await withThrowingTaskGroup { group in
        for number in 0..<1000 {
          group.addTask { () async throws in
            let key = Int64(number * 7 % 600)
            let thing = try await database.find(Self.find, key)
            #expect(thing == ((1...500).contains(key) ? Thing(id: key, name: "thing \(key)") : nil))
          }
        }
        try await group.waitForAll()
      }
      #expect(database.statistics.statements - before.statements < 1000)
    }
  }

  @Test("Tasks that live on the database's own thread are answered together, too")
  func onTheLoop() async throws {
    try await withThings { (database) async throws in
      _ = try await database.find(Self.find, 1)
      let before = database.statistics
      try await withTaskExecutorPreference(database.taskExecutor) {
        try await withThrowingTaskGroup { group in
          for number in 1...500 {
            group.addTask { () async throws in
              #expect(try await database.require(Self.find, Int64(number)).id == Int64(number))
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(database.statistics.statements - before.statements <= 20)
    }
  }

  @Test("While look-ups are held up, those that follow gather: a thousand are at most twenty statements")
  func gathering() async throws {
    try await withThings(configure: { $0.sharedStatementTimeout = .seconds(20) }) { (database) async throws in
      let lock = Hold(database, "LOCK TABLE thing IN ACCESS EXCLUSIVE MODE")
      try await lock.begin()
      let first = (0..<2).map { number in Task { try await database.find(Self.find, Int64(number + 1)) } }
      #expect(try await eventually { (database.statistics.byStatement["thing.find"]?.count ?? 0) >= 1 })
      let rest = (0..<1000).map { number in Task { try await database.find(Self.find, Int64(number % 250 + 1)) } }
      try await Task.sleep(for: .milliseconds(200))
      try await lock.end()
      for task in first { #expect(try await task.value != nil) }
      for (number, task) in rest.enumerated() { #expect(try await task.value?.id == Int64(number % 250 + 1)) }
      #expect((database.statistics.byStatement["thing.find"]?.count ?? .max) <= 20)
    }
  }

  @Test("A look-up sees what was committed before it was asked, however busy the lane is")
  func fresh() async throws {
    try await withThings { (database) async throws in
      let put = Statement<NoRow>("thing.rename", "UPDATE thing SET name = $2 WHERE id = $1")
      try await withThrowingTaskGroup { group in
        for writer in 0..<8 {
          group.addTask { () async throws in
            for round in 0..<40 {
              try await database.execute(put, Int64(writer + 1), "round \(round)")
              #expect(try await database.find(Self.find, Int64(writer + 1))?.name == "round \(round)")
            }
          }
        }
        for reader in 0..<20 {
          group.addTask { () async throws in
            for round in 0..<100 { _ = try await database.find(Self.find, Int64((reader + round) % 8 + 1)) }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("A cancelled caller drops its own answer and nobody else's")
  func cancelled() async throws {
    try await withThings(configure: { $0.sharedStatementTimeout = .seconds(20) }) { (database) async throws in
      let lock = Hold(database, "LOCK TABLE thing IN ACCESS EXCLUSIVE MODE")
      try await lock.begin()
      let tasks = (0..<100).map { number in
        Task { () -> Result<Thing?, RelationalError> in
          do throws(RelationalError) {
            return .success(try await database.find(Self.find, Int64(number / 2 + 1)))
          } catch {
            return .failure(error)
          }
        }
      }
      #expect(try await eventually { (database.statistics.byStatement["thing.find"]?.count ?? 0) >= 1 })
      for (number, task) in tasks.enumerated() where number % 2 == 0 { task.cancel() }
      // They hear of it although nothing can be answered yet.
      for (number, task) in tasks.enumerated() where number % 2 == 0 {
        guard case .failure(let error) = await task.value else { Issue.record("not cancelled"); continue }
        #expect(error.code == .cancelled && error.statement == "thing.find")
      }
      try await lock.end()
      for (number, task) in tasks.enumerated() where number % 2 == 1 {
        #expect(try await task.value.get()?.id == Int64(number / 2 + 1))
      }
    }
  }

  @Test("A batch that fails tells each of its callers, and other statements hear nothing of it")
  func failing() async throws {
    try await withThings { database in
      let broken = KeyedStatement<Int64, Thing>(
        "thing.broken", "SELECT id, (1 / (id - id))::text FROM thing WHERE id = ANY ($1)")
      await withTaskGroup { group in
        for number in 1...60 {
          group.addTask {
            let error = await failure { _ = try await database.find(broken, Int64(number)) }
            #expect(error?.sqlState == "22012" && error?.statement == "thing.broken")
          }
          group.addTask {
            #expect(await failure { _ = try await database.require(Self.find, Int64(number)) } == nil)
          }
        }
      }
    }
  }

  @Test("Look-ups under way when a backend is killed are sent again")
  func killed() async throws {
    try await withThings(configure: { $0.sharedStatementTimeout = .seconds(20) }) { (database) async throws in
      let lock = Hold(database, "LOCK TABLE thing IN ACCESS EXCLUSIVE MODE")
      try await lock.begin()
      let tasks = (0..<200).map { number in Task { try await database.find(Self.find, Int64(number + 1)) } }
      #expect(try await eventually { (database.statistics.byStatement["thing.find"]?.count ?? 0) >= 1 })
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      try await TestStores.postgres().run(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '\(name)' AND query LIKE 'SELECT id, name FROM thing%'
        """)
      try await lock.end()
      for (number, task) in tasks.enumerated() { #expect(try await task.value?.id == Int64(number + 1)) }
    }
  }

  @Test("Two rows for a key are an error for that key only")
  func severalRows() async throws {
    try await withThings { database in
      let twice = KeyedStatement<Int64, Thing>(
        "thing.twice",
        "SELECT id, name FROM thing, generate_series(1, CASE id WHEN 3 THEN 2 ELSE 1 END) WHERE id = ANY ($1)")
      await withTaskGroup { group in
        for number in 1...30 {
          group.addTask {
            let error = await failure { _ = try await database.require(twice, Int64(number)) }
            #expect(error?.code == (number == 3 ? .decoding : nil))
          }
        }
      }
      #expect(await failure { _ = try await database.find(twice, all: [1, 3]) }?.code == .decoding)
      let inside = await failure { try await database.withTransaction { _ = try await $0.find(twice, 3) } }
      #expect(inside?.code == .decoding)
    }
  }

  @Test("A missing row is named by its statement, never by its key")
  func missing() async throws {
    try await withThings { database in
      let error = await failure { _ = try await database.require(Self.find, 987_654) }
      #expect(error?.code == .notFound && error?.statement == "thing.find")
      #expect(error.map { !"\($0)".contains("987") } == true)
    }
  }

  @Test("Many keys at once: one statement for each thousand, missing keys missing")
  func all() async throws {
    try await withThings { (database) async throws in
      let found = try await database.find(Self.find, all: Array(400...2900))
      #expect(found.count == 101)
      #expect(found.allSatisfy { $0.key == $0.value.id })
      #expect(database.statistics.byStatement["thing.find"]?.count == 3)
      #expect(try await database.find(Self.find, all: []).isEmpty)
    }
  }

  @Test("Inside a transaction a look-up sees the transaction's own changes")
  func transaction() async throws {
    try await withThings { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        try await tx.execute(Statement<NoRow>("thing.put", "INSERT INTO thing VALUES (1000, 'mine')"))
        #expect(try await tx.require(Self.find, 1000).name == "mine")
        #expect(try await tx.find(Self.find, 1001) == nil)
        #expect(try await tx.find(Self.find, all: [1000, 1, 1001]).count == 2)
        #expect(try await database.find(Self.find, 1000) == nil)
      }
      try await database.withSession { (session) async throws in
        #expect(try await session.require(Self.find, 1000).name == "mine")
      }
      let leased = KeyedStatement<Int64, Thing>("thing.leased", lane: .leased, Self.find.sql)
      #expect(try await database.require(leased, 7).id == 7)
    }
  }
}

/// Holds a lock in a transaction of its own until told to let go.
actor Hold {
  private let database: Database
  private let statement: Statement<NoRow>
  private var task: Task<Void, any Error>?
  private var isHeld = false
  private var mayGo = false

  init(_ database: Database, _ sql: String) {
    self.database = database
    statement = Statement("test.hold", sql)
  }

  func begin() async throws {
    task = Task {
      try await database.withTransaction { (tx) async throws in
        try await tx.execute(statement)
        await note()
        while await !isOver { try await Task.sleep(for: .milliseconds(5)) }
      }
    }
    while !isHeld { try await Task.sleep(for: .milliseconds(5)) }
  }

  func end() async throws {
    mayGo = true
    try await task?.value
  }

  private var isOver: Bool { mayGo }
  private func note() { isHeld = true }
}
