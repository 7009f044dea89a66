import Relational
import Synchronization
import TestSupport
import Testing

@Suite("The shared lane under pressure")
struct LaneQueueTests {
  private func withNarrowLane(limit: Int, _ body: (Database) async throws -> Void) async throws {
    try await withDatabase(
      configure: {
        $0.laneQueueLimit = limit
        $0.sharedConnections = 1
      }, body)
  }

  private static let echo = Statement<Int64>("queue.echo", lane: .shared, "SELECT $1")
  private static let slow = Statement<Int64>("queue.slow", lane: .shared, "SELECT $1 FROM pg_sleep(0.6)")

  @Test("Beyond its limit the lane refuses at once, and goes on when there is room again")
  func bound() async throws {
    try await withNarrowLane(limit: 50) { (database) async throws in
      let held = (0..<50).map { number in
        Task { try await database.first(number == 0 ? Self.slow : Self.echo, number) }
      }
      #expect(try await eventually { (database.statistics.byStatement["queue.echo"]?.count ?? 0) == 49 })
      for _ in 0..<10 {
        let error = await failure { _ = try await database.first(Self.echo, 1) }
        #expect(error?.code == .overloaded && error?.isTransient == true && error?.statement == "queue.echo")
      }
      for (number, task) in held.enumerated() { #expect(try await task.value == Int64(number)) }
      #expect(try await database.first(Self.echo, 7) == 7)
    }
  }

  @Test("Cancelled callers make room for others")
  func cancelledMakeRoom() async throws {
    try await withNarrowLane(limit: 20) { (database) async throws in
      let first = Task { try await database.first(Self.slow, 1) }
      #expect(try await eventually { database.statistics.byStatement["queue.slow"]?.count == 1 })
      for _ in 0..<5 {
        let crowd = (0..<19).map { number in
          Task { await failure { _ = try await database.first(Self.echo, number) } }
        }
        for task in crowd { task.cancel() }
        for task in crowd { #expect([.cancelled, nil].contains(await task.value?.code)) }
      }
      #expect(try await first.value == 1)
      #expect(try await database.first(Self.echo, 2) == 2)
    }
  }

  @Test("Over one connection answers come in the order of the questions, also beyond what is under way at once")
  func order() async throws {
    try await withDatabase(configure: { $0.sharedConnections = 1 }) { (database) async throws in
      let answers = Answers()
      try await withTaskExecutorPreference(database.taskExecutor) {
        try await withThrowingTaskGroup { group in
          for number in 0..<1500 {
            group.addTask { () async throws in
              let answer = try await database.first(Self.echo, number) ?? -1
              answers.list.withLock { $0.append(answer) }
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(answers.list.withLock { $0 } == (0..<1500).map { Int64($0) })
    }
  }

  @Test("A slow statement is stopped after the lane's own timeout, which is one second unless configured")
  func slowStatement() async throws {
    try await withDatabase(statementTimeout: .seconds(60)) { database in
      let endless = Statement<Int64>("queue.endless", lane: .shared, "SELECT 1::int8 FROM pg_sleep(60)")
      let start = ContinuousClock.now
      let error = await failure { _ = try await database.query(endless) }
      #expect(error?.code == .deadline && error?.sqlState == "57014")
      #expect(ContinuousClock.now - start < .seconds(15))
    }
  }

  @Test("A connection that is away holds nobody while the other one is healthy")
  func oneAway() async throws {
    try await withDatabase(configure: { $0.sharedConnections = 2 }) { (database) async throws in
      // Both connections are open and known by their backends.
      let pid = Statement<Int32>("queue.pid", lane: .shared, "SELECT pg_backend_pid() FROM pg_sleep(0.05)")
      var backends: Set<Int32> = []
      for _ in 0..<20 where backends.count < 2 {
        let tasks = (0..<8).map { _ in Task { try await database.first(pid) } }
        for task in tasks { if let pid = try await task.value { backends.insert(pid) } }
      }
      #expect(backends.count == 2)
      // From now on nobody can connect anew.
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      try await TestStores.postgres().run("ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
      try await TestStores.postgres().run("SELECT pg_terminate_backend(\(backends.first ?? 0))")
      for number in 0..<200 { #expect(try await database.first(Self.echo, number) == Int64(number)) }
    }
  }

  @Test("Random cancellations leave the lane empty and working", arguments: [1, 2, 3] as [UInt64])
  func storm(seed: UInt64) async throws {
    try await withDatabase(configure: { $0.laneQueueLimit = 400 }) { (database) async throws in
      var random = SeededRandom(seed: seed)
      let find = KeyedStatement<Int64, Int64>("queue.find", "SELECT k FROM unnest($1) k WHERE k = ANY ($1)")
      for _ in 0..<10 {
        let tasks = (0..<300).map { number in
          Task { () async throws -> Int64? in
            number % 2 == 0
              ? try await database.first(Self.echo, number) : try await database.find(find, Int64(number))
          }
        }
        let cancelled = Set((0..<100).map { _ in Int.random(in: 0..<300, using: &random) })
        for number in cancelled { tasks[number].cancel() }
        for (number, task) in tasks.enumerated() {
          switch await task.result {
          case .success(let answer): #expect(answer == Int64(number))
          case .failure(let error):
            #expect(cancelled.contains(number) && (error as? RelationalError)?.code == .cancelled)
          }
        }
      }
      // Nobody is counted any more, or the limit would be reached now.
      let all = (0..<400).map { number in Task { try await database.first(Self.echo, number) } }
      for (number, task) in all.enumerated() { #expect(try await task.value == Int64(number)) }
    }
  }
}

/// Answers in the order in which they came.
private final class Answers: Sendable {
  let list = Mutex<[Int64]>([])
}
