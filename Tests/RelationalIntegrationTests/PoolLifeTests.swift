import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

@Suite("Connections of the pool come and go")
struct PoolLifeTests {
  private static let sleep = Statement<NoRow>("naps.sleep", "SELECT FROM pg_sleep($1)")
  private static let backend = Statement<Int32>("naps.backend", "SELECT pg_backend_pid()")

  @Test("P1: who waits in vain is told which statements keep the connections, and for how long")
  func holders() async throws {
    try await withConfigured {
      $0.poolSize = 2
      $0.acquireTimeout = .seconds(1)
    } _: { (database, _) async throws in
      async let first: Void = { _ = try await database.execute(Self.sleep, 3.0) }()
      async let second: Void = database.withSession { session in
        _ = try await session.first(Self.backend)
        try await Task.sleep(for: .seconds(3))
      }
      #expect(try await eventually { database.statistics.leased == 2 })
      let error = await failure { _ = try await database.first(Self.backend) }
      #expect(error?.code == .acquireTimeout)
      #expect(error?.message.contains("naps.sleep for ") == true)
      #expect(error?.message.contains("naps.backend for ") == true)
      #expect(database.statistics.waiting == 0)
      _ = try await (first, second)
    }
  }

  @Test("P5: more calls than may wait fail at once, and the others are served")
  func waiterLimit() async throws {
    try await withConfigured {
      $0.poolSize = 1
      $0.waiterLimit = 5
    } _: { database, _ in
      async let long: Void = { _ = try await database.execute(Self.sleep, 1.0) }()
      #expect(try await eventually { database.statistics.leased == 1 })
      let answers = await outcomes(20) { _ in try await database.first(Self.backend) }
      let refused = answers.filter { (try? $0.get()) == nil }
      #expect(refused.count == 15)
      for case .failure(let error) in refused { #expect((error as? RelationalError)?.code == .acquireTimeout) }
      try await long
    }
  }

  @Test("A connection past its lifetime is replaced, busy or idle, and the limit is kept")
  func lifetime() async throws {
    try await withConfigured {
      $0.poolSize = 2
      $0.maxLifetime = .milliseconds(300)
    } _: { (database, name) async throws in
      var backends: Set<Int32> = []
      let deadline = Deadline.after(.seconds(2))
      while !deadline.hasPassed {
        backends.insert(try await database.first(Self.backend) ?? 0)
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(backends.count >= 3)
      #expect(database.statistics.leased == 0)
      // Idle, it goes without being asked for.
      let gone = try await eventually {
        try await TestStores.postgres().run("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)'") == "0"
      }
      #expect(gone)
      #expect(try await database.first(Self.backend) != nil)
    }
  }

  @Test("Connections nobody needs are closed down to the minimum")
  func idle() async throws {
    try await withConfigured {
      $0.poolSize = 6
      $0.idleTimeout = .milliseconds(200)
      $0.idleMinimum = 2
    } _: { database, _ in
      _ = await outcomes(6) { _ in try await database.execute(Self.sleep, 0.3) }
      #expect(database.statistics.idle == 6)
      #expect(try await eventually { database.statistics.idle == 2 })
      try await Task.sleep(for: .milliseconds(500))
      #expect(database.statistics.idle == 2)
    }
  }

  @Test("P3, P4: in a storm of cancellations the server never sees more backends than allowed, and none is leaked")
  func cancelStorm() async throws {
    try await withConfigured(over: .tcp) {
      $0.poolSize = 4
      $0.acquireTimeout = .seconds(60)
    } _: { (database, name) async throws in
      let monitor = try await Database.open(
        RelationalConfiguration(uri: await TestStores.postgres().uri("postgres"), poolSize: 1))
      let count = Statement<Int64>(
        "storm.count", "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'")
      let isOver = Mutex(false)
      async let watching = {
        var highest: Int64 = 0
        var samples = 0
        while !isOver.withLock({ $0 }) {
          highest = max(highest, try await monitor.first(count, name) ?? 0)
          samples += 1
        }
        return (highest, samples)
      }()
      let echo = Statement<Int64>("storm.echo", "SELECT $1 FROM pg_sleep($2)")
      for seed in 0..<4 as Range<UInt64> {
        var random = SeededRandom(seed: seed)
        let plans = (0..<100).map { _ in
          (
            Double.random(in: 0...0.03, using: &random), Int.random(in: 0...40, using: &random),
            Bool.random(using: &random)
          )
        }
        await withTaskGroup { group in
          for (number, (nap, patience, isCancelled)) in plans.enumerated() {
            group.addTask {
              let task = Task { try await database.first(echo, number, nap) }
              if isCancelled {
                // Being cancelled itself is not part of this test.
                try? await Task.sleep(for: .milliseconds(patience))
                task.cancel()
              }
              if case .success(let answer) = await task.result { #expect(answer == Int64(number), "seed \(seed)") }
            }
          }
        }
        #expect(try await eventually { database.statistics.leased == 0 && database.statistics.waiting == 0 })
      }
      isOver.withLock { $0 = true }
      let (highest, samples) = try await watching
      await monitor.close()
      #expect(samples > 20, "\(samples) samples")
      #expect((1...4).contains(highest), "\(highest) backends")
      #expect(try await database.first(echo, 7, 0.0) == 7)
    }
  }

  @Test("P3: of 10 000 leases, half of them cancelled at a random moment, none is leaked")
  func manyLeases() async throws {
    try await withConfigured {
      $0.poolSize = 3
      $0.acquireTimeout = .seconds(60)
    } _: { (database, _) async throws in
      for seed in 0..<20 as Range<UInt64> {
        var random = SeededRandom(seed: seed)
        let plans = (0..<500).map { _ in (Int.random(in: 0...3, using: &random), Int.random(in: 0...7, using: &random))
        }
        let answers = await outcomes(plans.count) { number in
          let (work, patience) = plans[number]
          let task = Task {
            // Without statements a lease costs no round trip, so that what is tested is the pool alone.
            try await database.withTransaction { _ in for _ in 0..<work { await Task.yield() } }
          }
          for _ in 0..<patience { await Task.yield() }
          if patience > 3 { task.cancel() }
          try await task.value
        }
        let failures = answers.compactMap { answer -> (any Error)? in
          if case .failure(let error) = answer { error } else { nil }
        }
        #expect(failures.allSatisfy { ($0 as? RelationalError)?.code == .cancelled }, "seed \(seed)")
        let isQuiet = try await eventually { database.statistics.leased == 0 && database.statistics.waiting == 0 }
        #expect(isQuiet && database.statistics.idle <= 3, "seed \(seed)")
      }
    }
  }
}
