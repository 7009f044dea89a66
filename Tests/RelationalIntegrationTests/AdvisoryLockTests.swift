import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

@Suite("P10: advisory locks")
struct AdvisoryLockTests {
  private static let one = Statement<Int32>("lock.one", "SELECT 1")
  private let key = AdvisoryLockKey(name: "haiju.test")

  @Test("One holder at a time, over processes; the lock takes no connection from the pool")
  func exclusive() async throws {
    try await withConfigured {
      $0.poolSize = 1
      $0.advisoryLockConnections = 3
      $0.acquireTimeout = .seconds(60)
    } _: { (database, name) async throws in
      let server = try await TestStores.postgres()
      var configuration = RelationalConfiguration(uri: await server.uri(name))
      configuration.acquireTimeout = .seconds(60)
      try await withOpen(configuration) { (other) async throws in
        let inside = Mutex((now: 0, highest: 0, total: 0))
        let answers = await outcomes(40) { number in
          try await (number % 2 == 0 ? database : other).withAdvisoryLock(key) {
            inside.withLock {
              $0.now += 1
              $0.highest = max($0.highest, $0.now)
              $0.total += 1
            }
            // The pool has one connection only, and it is free.
            _ = try await database.first(Self.one)
            inside.withLock { $0.now -= 1 }
          }
        }
        for case .failure(let error) in answers { Issue.record(error) }
        #expect(inside.withLock { $0.highest } == 1)
        #expect(inside.withLock { $0.total } == 40)
        #expect(database.statistics.lockConnections == 0)
      }
      let backends = try await server.run("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)'")
      #expect((Int(backends) ?? 99) <= 4)
    }
  }

  @Test("It is counted while held, and waiting for it ends in time with an error that says so")
  func waiting() async throws {
    try await withConfigured {
      $0.poolSize = 1
    } _: { (database, name) async throws in
      try await database.withAdvisoryLock(key) { () async throws in
        #expect(database.statistics.lockConnections == 1)
        #expect(database.statistics.leased == 0)
        let others = Task.detached { [key] in
          let short = await failure { try await database.withAdvisoryLock(key, wait: .zero) {} }
          let longer = await failure { try await database.withAdvisoryLock(key, wait: .milliseconds(100)) {} }
          return [short, longer]
        }
        for error in await others.value { #expect(error?.code == .lockTimeout && error?.isTransient == true) }
        // Another key is free, and pairs of numbers are another world.
        let free = Task.detached {
          try await database.withAdvisoryLock(AdvisoryLockKey(namespace: 1, number: 2), wait: .zero) { 5 }
        }
        #expect(try await free.value == 5)
      }
      #expect(try await database.withAdvisoryLock(key, wait: .zero) { 7 } == 7)
      let held = try await TestStores.postgres().run(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
          + "WHERE locktype = 'advisory' AND datname = '\(name)'")
      #expect(held == "0")
    }
  }

  @Test("More locks than connections wait for each other, and one inside another is refused at once")
  func bounded() async throws {
    try await withConfigured {
      $0.advisoryLockConnections = 1
    } _: { (database, _) async throws in
      try await database.withAdvisoryLock(key) { () async throws in
        let nested = await failure {
          try await database.withAdvisoryLock(AdvisoryLockKey(name: "another")) {}
        }
        #expect(nested?.code == .nestedLease)
        let other = Task.detached {
          await failure { try await database.withAdvisoryLock(AdvisoryLockKey(name: "a"), wait: .milliseconds(50)) {} }
        }
        #expect(await other.value?.code == .acquireTimeout)
      }
    }
  }

  @Test("Cancelling while waiting gives up, and the holder is not disturbed")
  func cancelled() async throws {
    try await withConfigured { _ in
    } _: { (database, _) async throws in
      try await database.withAdvisoryLock(key) { () async throws in
        let waiter = Task.detached { [key] in await failure { try await database.withAdvisoryLock(key) {} } }
        #expect(try await eventually { database.statistics.lockConnections == 2 })
        waiter.cancel()
        #expect(await waiter.value?.code == .cancelled)
      }
      #expect(try await eventually { database.statistics.lockConnections == 0 })
      #expect(try await database.withAdvisoryLock(key, wait: .zero) { 3 } == 3)
    }
  }

  @Test("A lost connection cancels the body and says that the lock may be another's")
  func lost() async throws {
    try await withConfigured { _ in
    } _: { (database, name) async throws in
      let wasCancelled = Mutex(false)
      let error = await failure {
        try await database.withAdvisoryLock(key) {
          do {
            try await TestStores.postgres().run(
              "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                + "WHERE locktype = 'advisory' AND datname = '\(name)'")
            try await Task.sleep(for: .seconds(30))
          } catch {
            wasCancelled.withLock { $0 = Task.isCancelled }
          }
        }
      }
      #expect(error?.code == .lockLost)
      #expect(wasCancelled.withLock { $0 })
      #expect(try await database.withAdvisoryLock(key) { 1 } == 1)
    }
  }

  @Test("The body's own error is thrown, and the lock is free afterwards")
  func failing() async throws {
    try await withConfigured { _ in
    } _: { (database, _) async throws in
      struct Mine: Error {}
      await #expect(throws: Mine.self) { try await database.withAdvisoryLock(key) { throw Mine() } }
      #expect(try await database.withAdvisoryLock(key, wait: .zero) { 1 } == 1)
    }
  }
}
