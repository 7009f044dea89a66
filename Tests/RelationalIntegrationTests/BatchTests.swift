import Kernel
import Relational
import TestSupport
import Testing

@Suite("Batches", .alsoBehindPgBouncer)
struct BatchTests {
  private static let open = Statement<NoRow>("account.open", "INSERT INTO account VALUES ($1, $2)")
  private static let take = Statement<Int64>(
    "account.take", "UPDATE account SET balance = balance - $2 WHERE id = $1 RETURNING balance")
  private static let put = Statement<NoRow>("account.put", "UPDATE account SET balance = balance + $2 WHERE id = $1")
  private static let total = "SELECT sum(balance)::int8 FROM account"

  private func withAccounts(poolSize: Int = 4, _ body: (Database) async throws -> Void) async throws {
    try await withDatabase(poolSize: poolSize) { (database) async throws in
      try await database.arrange(
        """
        CREATE TABLE account (id int8 PRIMARY KEY, balance int8 CONSTRAINT never_below_zero CHECK (balance >= 0));
        INSERT INTO account VALUES (1, 100), (2, 0)
        """)
      try await body(database)
    }
  }

  @Test("BEGIN, all statements and COMMIT are one round trip, and every statement has its answer")
  func commit() async throws {
    try await withAccounts { (database) async throws in
      var batch = Batch()
      let left = batch.add(Self.take, 1, 30)
      let given = batch.add(Self.put, 2, 30)
      #expect(batch.count == 2)
      let before = database.statistics
      let replies = try await database.commit(batch)
      #expect(database.statistics.roundTrips - before.roundTrips == 1)
      #expect(database.statistics.statements - before.statements == 2)
      #expect(try replies[left] == [70])
      #expect(try replies.affectedRows(given) == 1)
      #expect(try await database.number(Self.total) == 100)
      #expect(database.statistics.leased == 0)
      let none = database.statistics.roundTrips
      try await database.commit(Batch())
      #expect(database.statistics.roundTrips == none)
    }
  }

  @Test("A failing statement is named, and nothing of the batch is committed")
  func failing() async throws {
    try await withAccounts(poolSize: 1) { (database) async throws in
      var batch = Batch()
      batch.add(Self.put, 2, 500)
      batch.add(Self.take, 1, 500)
      batch.add(Self.open, 3, 0)
      let error = await failure { try await database.commit(batch) }
      #expect(error?.code == .checkViolation && error?.constraint == "never_below_zero")
      #expect(error?.statement == "account.take" && error?.mayHaveTakenEffect == false)
      #expect(try await database.number(Self.total) == 100)
      #expect(try await database.number("SELECT count(*) FROM account") == 2)
      var wrong = Batch()
      wrong.add(Self.put, 2, 1)
      wrong.add(Statement<NoRow>("account.wrong", "UPDATE acount SET balance = 0"))
      #expect(await failure { try await database.commit(wrong) }?.statement == "account.wrong")
      var unsendable = Batch()
      unsendable.add(Self.put, 2, 1)
      unsendable.add(Statement<NoRow>("account.text", "SELECT $1"), "a\u{0}b")
      let before = database.statistics.roundTrips
      #expect(await failure { try await database.commit(unsendable) }?.code == .encoding)
      #expect(database.statistics.roundTrips == before)
      #expect(try await database.number(Self.total) == 100)
    }
  }

  @Test("Inside a transaction a batch brings BEGIN along, and finishing brings COMMIT along")
  func inside() async throws {
    try await withAccounts { (database) async throws in
      let before = database.statistics
      try await database.withTransaction { (tx) async throws in
        var first = Batch()
        let left = first.add(Self.take, 1, 10)
        let replies = try await tx.perform(first)
        #expect(try replies[left] == [90])
        var last = Batch()
        last.add(Self.put, 2, 10)
        _ = try await tx.finish(last)
        let late = await failure { _ = try await tx.perform(first) }
        #expect(late?.code == .closed)
      }
      #expect(database.statistics.roundTrips - before.roundTrips == 2)
      #expect(
        try await database.query(Statement<Int64>("account.all", "SELECT balance FROM account ORDER BY id")) == [
          90, 10,
        ])
      let error = await failure {
        try await database.withTransaction { (tx) async throws in
          var last = Batch()
          last.add(Self.take, 1, 10)
          last.add(Self.take, 1, 1000)
          _ = try await tx.finish(last)
        }
      }
      #expect(error?.code == .checkViolation)
      let nested = await failure {
        try await database.withTransaction { (tx) async throws in
          try await tx.savepoint { inner in _ = try await inner.finish(Batch()) }
        }
      }
      #expect(nested?.code == .misuse)
      #expect(try await database.number(Self.total) == 100)
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }

  @Test("A savepoint around a batch undoes it and nothing else")
  func savepoint() async throws {
    try await withAccounts { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        try await tx.execute(Self.open, 3, 5)
        try? await tx.savepoint { inner in
          var batch = Batch()
          batch.add(Self.open, 4, 5)
          batch.add(Self.open, 3, 5)
          _ = try await inner.perform(batch)
        }
        try await tx.execute(Self.open, 5, 5)
      }
      #expect(
        try await database.query(Statement<Int64>("account.ids", "SELECT id FROM account ORDER BY id")) == [1, 2, 3, 5])
    }
  }

  @Test("Batches that meet in opposite order are sent again until all hold")
  func deadlocks() async throws {
    try await withAccounts(poolSize: 8) { (database) async throws in
      try await database.arrange("INSERT INTO account SELECT n, 1000 FROM generate_series(10, 17) n")
      try await withThrowingTaskGroup { group in
        for task in 0..<8 {
          group.addTask {
            for round in 0..<25 {
              var batch = Batch()
              let (from, to) = (10 + (task + round) % 8, 10 + (task * 3 + round * 5) % 8)
              batch.add(Self.take, from, 1)
              batch.add(Self.put, to, 1)
              do throws(RelationalError) {
                try await database.commit(batch, isolation: .serializable)
              } catch {
                // Three attempts may not be enough among eight competitors; nothing is committed then.
                #expect(error.code == .serialization)
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await database.number(Self.total) == 8100)
    }
  }

  @Test("I2: 2000 statements with 16 KB each way do not block each other")
  func bothDirections() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let echo = Statement<[UInt8]>("batch.echo", "SELECT $1")
      var batch = Batch()
      let replies = (0..<2000).map { number in
        batch.add(echo, [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 16_384))
      }
      let answers = try await database.commit(batch)
      for (number, reply) in replies.enumerated() {
        let rows = try answers[reply]
        #expect(rows.count == 1 && rows[0].count == 16_384 && rows[0][0] == UInt8(truncatingIfNeeded: number))
      }
    }
  }

  @Test("A cancelled batch that waits for a lock is stopped, and surely not committed")
  func cancelled() async throws {
    try await withAccounts { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        try await tx.execute(Self.put, 1, 1)
        let sent = database.statistics.byStatement["account.open"]?.count ?? 0
        let task: Task<RelationalError?, Never> = Task.detached {
          var batch = Batch()
          batch.add(Self.open, 9, 1)
          batch.add(Self.put, 1, 1)
          return await failure { try await database.commit(batch) }
        }
        #expect(try await eventually { (database.statistics.byStatement["account.open"]?.count ?? 0) > sent })
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let error = await task.value
        #expect(error?.code == .cancelled && error?.mayHaveTakenEffect == false)
      }
      #expect(try await database.number("SELECT count(*) FROM account WHERE id = 9") == 0)
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }
}
