import Kernel
import Relational
import TestSupport
import Testing

@Suite("Whether a failed call may have taken effect")
struct EffectTests {
  private static let put = Statement<NoRow>("effect.put", "INSERT INTO entry VALUES ($1)")
  private static let slow = Statement<NoRow>("effect.slow", "INSERT INTO entry SELECT $1 FROM pg_sleep(30)")

  private func withEntries(
    poolSize: Int = 1, acquireTimeout: Duration = .seconds(5), statementTimeout: Duration? = nil,
    _ body: (Database, FaultProxy) async throws -> Void
  ) async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    let configuration = RelationalConfiguration(
      uri: uri, poolSize: poolSize, acquireTimeout: acquireTimeout, statementTimeout: statementTimeout)
    try await withDatabase(configuration) { (database) async throws in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      try await body(database, proxy)
    }
  }

  @Test("Not when nothing was sent: no connection in time, a value that cannot be sent, a cancelled task")
  func unsent() async throws {
    try await withEntries(acquireTimeout: .milliseconds(100)) { (database, _) async throws in
      try await database.withSession { _ in
        let error = await Task.detached { await failure { try await database.execute(Self.put, 1) } }.value
        #expect(error?.code == .acquireTimeout && error?.mayHaveTakenEffect == false)
      }
      let unsendable = await failure {
        try await database.execute(Statement<NoRow>("effect.text", "SELECT $1"), "a\u{0}b")
      }
      #expect(unsendable?.code == .encoding && unsendable?.mayHaveTakenEffect == false)
      let cancelled = await Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await failure { try await database.execute(Self.put, 1) }
      }.value
      #expect(cancelled?.code == .cancelled && cancelled?.mayHaveTakenEffect == false)
    }
  }

  @Test("Not when the server answered with an error: a constraint, its own statement timeout, our deadline")
  func answered() async throws {
    try await withEntries(statementTimeout: .milliseconds(300)) { (database, _) async throws in
      try await database.execute(Self.put, 1)
      let duplicate = await failure { try await database.execute(Self.put, 1) }
      #expect(duplicate?.code == .uniqueViolation && duplicate?.mayHaveTakenEffect == false)
      let late = await failure { try await database.execute(Self.slow, 2) }
      #expect(late?.code == .deadline && late?.mayHaveTakenEffect == false)
      #expect(try await database.number("SELECT count(*) FROM entry") == 1)
    }
  }

  @Test("It may when a single write was sent and the connection lost, or its caller did not wait")
  func lost() async throws {
    try await withEntries { (database, proxy) async throws in
      let lost = Task { await failure { try await database.execute(Self.slow, 1) } }
      #expect(try await eventually { database.statistics.byStatement["effect.slow"]?.count == 1 })
      try await Task.sleep(for: .milliseconds(50))
      proxy.cut()
      let error = await lost.value
      #expect(error?.code == .unavailable && error?.mayHaveTakenEffect == true && error?.statement == "effect.slow")
      let impatient = Task { await failure { try await database.execute(Self.slow, 2) } }
      #expect(try await eventually { database.statistics.byStatement["effect.slow"]?.count == 2 })
      impatient.cancel()
      let cancelled = await impatient.value
      #expect(cancelled?.code == .cancelled && cancelled?.mayHaveTakenEffect == true)
    }
  }

  @Test("It may when a deadline passed and the server was silent")
  func silent() async throws {
    try await withEntries(statementTimeout: .milliseconds(200)) { (database, proxy) async throws in
      _ = try await database.number("SELECT 1::int8")
      proxy.set(FaultProxy.Faults(isPaused: true), .toClient)
      let error = await failure { try await database.execute(Self.put, 1) }
      #expect(error?.code == .deadline && error?.mayHaveTakenEffect == true)
      proxy.pass()
      #expect(try await database.number("SELECT count(*) FROM entry") == 1)
    }
  }

  @Test("Not within a transaction whose COMMIT was never sent; it may when COMMIT was")
  func transactions() async throws {
    try await withEntries { (database, proxy) async throws in
      let inside = Task {
        await failure {
          try await database.withTransaction { (tx) async throws in
            try await tx.execute(Self.put, 1)
            try await tx.execute(Self.slow, 2)
          }
        }
      }
      #expect(try await eventually { database.statistics.byStatement["effect.slow"]?.count == 1 })
      proxy.cut()
      let early = await inside.value
      #expect(early?.code == .unavailable && early?.mayHaveTakenEffect == false)
      #expect(try await database.number("SELECT count(*) FROM entry") == 0)
      let late = await failure {
        try await database.withTransaction { (tx) async throws in
          try await tx.execute(Self.put, 3)
          // COMMIT arrives, its answer does not.
          proxy.set(FaultProxy.Faults(cutAfter: 0), .toClient)
        }
      }
      proxy.pass()
      #expect(late?.code == .outcomeUnknown && late?.mayHaveTakenEffect == true)
      #expect(try await eventually { try await database.number("SELECT count(*) FROM entry") == 1 })
    }
  }

  @Test("A batch whose answer is lost is of unknown outcome")
  func batches() async throws {
    try await withEntries { (database, proxy) async throws in
      _ = try await database.number("SELECT 1::int8")
      var batch = Batch()
      batch.add(Self.put, 1)
      batch.add(Self.put, 2)
      proxy.set(FaultProxy.Faults(cutAfter: 0), .toClient)
      let error = await failure { try await database.commit(batch) }
      proxy.pass()
      #expect(error?.code == .outcomeUnknown && error?.mayHaveTakenEffect == true)
    }
  }
}
