import Kernel
import Relational
import TestSupport
import Testing

/// Cancelling at random moments; the numbers come from the seed that a failure prints.
@Suite("Interrupted connections are used again")
struct InterruptionTests {
  private static let echo = Statement<Int64>("interrupt.echo", "SELECT $1")
  private static let nap = Statement<Int64>("interrupt.nap", "SELECT $1 FROM pg_sleep(0.0008)")
  private static let sleep = Statement<NoRow>("interrupt.sleep", "SELECT FROM pg_sleep(60) -- haiju test doze")
  private static let backend = Statement<Int32>("interrupt.backend", "SELECT pg_backend_pid()")
  private static let put = Statement<NoRow>("interrupt.put", "INSERT INTO entry VALUES ($1)")

  @Test("C1: 1000 statements cancelled at random moments never disturb the one behind them")
  func lateCancels() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    try await withDatabase(poolSize: 1, acquireTimeout: .seconds(30)) { (database) async throws in
      var cancelledCount = 0
      for number in 0..<1000 {
        let task = Task { await failure { _ = try await database.first(Self.nap, -number) } }
        let pause = Duration.microseconds(Int.random(in: 0...1500, using: &random))
        let start = ContinuousClock.now
        while ContinuousClock.now - start < pause { await Task.yield() }
        task.cancel()
        #expect(try await database.first(Self.echo, number) == Int64(number), "seed \(seed)")
        if let error = await task.value {
          #expect(error.code == .cancelled, "\(error), seed \(seed)")
          cancelledCount += 1
        }
      }
      // Both kinds occurred, or nothing was shown.
      #expect((10...999).contains(cancelledCount), "\(cancelledCount) cancelled, seed \(seed)")
    }
  }

  @Test("A cancelled caller does not wait for the server, and its connection comes back as it was")
  func sameConnection() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let before = try await database.first(Self.backend)
      for _ in 0..<5 {
        let known = database.statistics.byStatement["interrupt.sleep"]?.count ?? 0
        let task = Task { await failure { try await database.execute(Self.sleep) } }
        #expect(try await eventually { (database.statistics.byStatement["interrupt.sleep"]?.count ?? 0) > known })
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        #expect(try await database.first(Self.backend) == before)
      }
    }
  }

  @Test("A statement past its deadline costs no connection")
  func deadline() async throws {
    try await withDatabase(poolSize: 1, statementTimeout: .milliseconds(100)) { (database) async throws in
      let before = try await database.first(Self.backend)
      let error = await failure { try await database.execute(Self.sleep) }
      #expect(error?.code == .deadline && error?.statement == "interrupt.sleep")
      #expect(error?.mayHaveTakenEffect == false)
      #expect(try await database.first(Self.backend) == before)
    }
  }

  @Test("C2: transactions cancelled at random moments leave no connection in a transaction")
  func transactions() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    // Answers take long enough that BEGIN, COMMIT and ROLLBACK are all met under way.
    proxy.set(FaultProxy.Faults(delay: .microseconds(200) ... .milliseconds(1)), .toClient)
    let uri = try await server.freshDatabase(through: proxy)
    try await withDatabase(RelationalConfiguration(uri: uri, poolSize: 2, acquireTimeout: .seconds(30))) {
      (database) async throws in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      // Outside a transaction, and only there, a savepoint is refused.
      let probe = Statement<NoRow>("interrupt.probe", "SAVEPOINT probe")
      var committed: Set<Int64> = []
      var unknown: Set<Int64> = []
      for number in 0..<300 {
        let breaks = number % 3 == 0
        let task = Task {
          await failure {
            try await database.withTransaction { (tx) async throws in
              try await tx.execute(Self.put, number)
              if breaks { throw CancellationError() }
            }
          }
        }
        try await Task.sleep(for: .microseconds(Int.random(in: 0...6000, using: &random)))
        task.cancel()
        let refusal = await failure { try await database.execute(probe) }
        #expect(refusal?.sqlState == "25P01", "\(String(describing: refusal)), seed \(seed)")
        switch await task.value {
        case nil where !breaks: committed.insert(Int64(number))
        case let error? where error.code == .outcomeUnknown: unknown.insert(Int64(number))
        default: break
        }
      }
      let found = Set(try await database.query(Statement<Int64>("interrupt.found", "SELECT id FROM entry")))
      #expect(committed.isSubset(of: found), "seed \(seed)")
      #expect(found.isSubset(of: committed.union(unknown)), "seed \(seed)")
      #expect(!committed.isEmpty && committed.count < 200)
    }
  }

  @Test("C3: a cancelled COMMIT without an answer is of unknown outcome, and the connection is not lost for ever")
  func lostCommit() async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    try await withDatabase(RelationalConfiguration(uri: uri, poolSize: 1, acquireTimeout: .seconds(10))) {
      (database) async throws in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      let sent = database.statistics.roundTrips
      let task = Task {
        await failure {
          try await database.withTransaction { (tx) async throws in
            try await tx.execute(Self.put, 1)
            proxy.set(FaultProxy.Faults(isPaused: true), .toClient)
          }
        }
      }
      #expect(try await eventually { database.statistics.roundTrips == sent + 2 })
      task.cancel()
      let error = await task.value
      #expect(error?.code == .outcomeUnknown && error?.mayHaveTakenEffect == true)
      #expect(try await eventually { database.statistics.leased == 0 })
      proxy.pass()
      #expect(try await database.number("SELECT count(*) FROM entry") == 1)
    }
  }

  @Test("C4: after a cancelled pg_sleep no backend is busy")
  func serverStops() async throws {
    try await withDatabase(poolSize: 4) { (database) async throws in
      let tasks = (0..<4).map { _ in Task { await failure { try await database.execute(Self.sleep) } } }
      #expect(try await eventually { database.statistics.byStatement["interrupt.sleep"]?.count == 4 })
      for task in tasks { task.cancel() }
      for task in tasks { #expect(await task.value?.code == .cancelled) }
      let busy = Statement<Int64>(
        "interrupt.busy",
        """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'active' AND query LIKE '%haiju test ' || 'doze%'
        """)
      #expect(try await eventually(within: .seconds(2)) { try await database.first(busy) == 0 })
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }

  @Test("A server that does not answer costs the connection after two seconds, and the slot is free again")
  func silence() async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    try await withDatabase(RelationalConfiguration(uri: uri, poolSize: 1, acquireTimeout: .seconds(10))) {
      (database) async throws in
      let before = try await database.first(Self.backend)
      let task = Task { await failure { try await database.execute(Self.sleep) } }
      #expect(try await eventually { database.statistics.byStatement["interrupt.sleep"]?.count == 1 })
      proxy.set(FaultProxy.Faults(isPaused: true), .toClient)
      task.cancel()
      #expect(await task.value?.code == .cancelled)
      #expect(database.statistics.leased == 1)
      #expect(try await eventually(within: .seconds(5)) { database.statistics.leased == 0 })
      proxy.pass()
      #expect(try await database.first(Self.backend) != before)
    }
  }

  @Test("A child task's cancelled write is never committed by the others")
  func doubtfulWrite() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
      let slow = Statement<NoRow>("interrupt.slow", "INSERT INTO entry SELECT 2 FROM pg_sleep(0.2)")
      let error = await failure {
        try await database.withTransaction { (tx) async throws in
          try await tx.execute(Self.put, 1)
          let child = Task { try await tx.execute(slow) }
          try await Task.sleep(for: .milliseconds(20))
          child.cancel()
          _ = await child.result
        }
      }
      #expect(error?.code == .rolledBack && error?.mayHaveTakenEffect == false)
      try await database.withTransaction { (tx) async throws in
        try? await tx.savepoint { inner in
          let child = Task { try await inner.execute(slow) }
          try await Task.sleep(for: .milliseconds(20))
          child.cancel()
          _ = try await child.value
        }
        try await tx.execute(Self.put, 3)
      }
      #expect(try await database.query(Statement<Int64>("interrupt.all", "SELECT id FROM entry")) == [3])
    }
  }
}
