import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

@Suite("Outage storms")
struct StormTests {
  /// Commits reach the files of the system before they are acknowledged, so the end of the process loses none.
  private static let settings = ["synchronous_commit": "on"]

  @Test(
    "A server killed and started again under 100 tasks: every call ends, and what was said is true", arguments: [1, 2])
  func killed(seed: UInt64) async throws {
    let server = try await TempPostgres.start(settings: Self.settings)
    let uri = try await server.freshDatabase(over: .tcp)
    try await storm(uri, seed: seed) { random in
      await server.kill()
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &random)))
      try await server.startAgain()
    }
    await server.stop()
  }

  @Test("A server that stands still for a while under 100 tasks: every call ends, and what was said is true")
  func paused() async throws {
    let server = try await TempPostgres.start(settings: Self.settings)
    let uri = try await server.freshDatabase(over: .tcp)
    try await storm(uri, seed: 3) { random in
      await server.pauseAll()
      try await Task.sleep(for: .milliseconds(Int.random(in: 500...2500, using: &random)))
      await server.resume()
    }
    await server.stop()
  }

  @Test(
    "Connections cut, refused and lost under 100 tasks: every call ends, and what was said is true", arguments: [4, 5])
  func network(seed: UInt64) async throws {
    let server = try await TempPostgres.start(settings: Self.settings)
    let proxy = try await server.proxy(seed: seed)
    let uri = server.uri(try await server.newDatabase(), through: proxy)
    try await storm(uri, seed: seed) { random in
      switch Int.random(in: 0...3, using: &random) {
      case 0: proxy.cut(.random(using: &random))
      case 1:
        let length = Int.random(in: 0...5000, using: &random)
        let direction = FaultProxy.Direction.allCases.randomElement(using: &random)
        proxy.set(.init(cutAfter: length, ending: .random(using: &random)), direction)
      case 2: proxy.refuse()
      default: proxy.blackhole()
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...800, using: &random)))
      if Bool.random(using: &random) { proxy.cut() }
      proxy.pass()
    }
    proxy.stop()
    await server.stop()
  }

  /// A hundred tasks at work while the server is away again and again; then everything is compared.
  private func storm(
    _ uri: String, seed: UInt64, _ outage: (inout SeededRandom) async throws -> Void
  ) async throws {
    let database = try await Database.open(
      RelationalConfiguration(
        uri: uri, poolSize: 8, acquireTimeout: .seconds(2), statementTimeout: .seconds(1)))
    try await database.arrange(Ledger.tables)
    let (ledger, isOver) = (Ledger(), Flag())
    let tasks = (0..<100).map { number in
      Task {
        var turn: Int64 = 0
        while !isOver.isRaised {
          turn += 1
          switch number % 3 {
          case 0: await ledger.readOnce(database, Int64(number) * 1_000_000 + turn)
          case 1: await ledger.writeSingle(database)
          default: await ledger.writePair(database)
          }
        }
      }
    }
    var random = SeededRandom(seed: seed)
    for _ in 0..<(2 * rounds) {
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...400, using: &random)))
      try await outage(&random)
    }
    try await Task.sleep(for: .milliseconds(300))
    isOver.raise()
    // None hangs.
    _ = try await eventually(within: .seconds(60)) { ledger.underWay.isEmpty }
    try #require(ledger.underWay == [:], "calls that have not ended")
    for task in tasks { await task.value }
    #expect(ledger.slowest < .seconds(20))
    #expect(ledger.strange == [])

    #expect(try await eventually(within: .seconds(20)) { (try? await database.ping()) != nil })
    // Whoever was left behind on the server has finished or is gone, so the comparison sees the end of the story.
    let busy = """
      SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
      """
    #expect(try await eventually(within: .seconds(20)) { (try? await database.number(busy)) == 0 })
    try await ledger.compare(with: database)
    let counts = ledger.counts
    #expect(counts.done > 100)
    #expect(try await eventually { database.statistics.leased == 0 })
    await ledger.readOnce(database, 42)
    #expect(ledger.strange == [])
    await database.close()
  }
}

/// Raised once.
private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isRaised: Bool { value.load(ordering: .acquiring) }
  func raise() { value.store(true, ordering: .releasing) }
}

@Suite("Cut in the middle of an answer")
struct CutTests {
  /// From the first bytes of authentication to those behind the answer to COMMIT.
  @Test(
    "Cut after any number of bytes, what a call says about its effect is true",
    arguments: FaultProxy.Direction.allCases)
  func cuts(direction: FaultProxy.Direction) async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    let uri = server.uri(try await server.newDatabase(), through: proxy)
    var random = SeededRandom(seed: 17)
    let ledger = Ledger()
    let arranging = try await Database.open(RelationalConfiguration(uri: uri))
    try await arranging.arrange(Ledger.tables)
    await arranging.close()
    let configuration = RelationalConfiguration(
      uri: uri, poolSize: 2, acquireTimeout: .seconds(1), statementTimeout: .seconds(1))
    try await leaveOpen(ledger, configuration, proxy, direction)
    for _ in 0..<(15 * rounds) {
      let database = try await Database.open(configuration)
      // Half of them meet a warm connection, so that the cut is among prepare, result and COMMIT, half of them a new one.
      if Bool.random(using: &random) {
        await ledger.writePair(database)
        await ledger.writeSingle(database)
      }
      let length = Int.random(in: 0...700, using: &random)
      proxy.set(.init(cutAfter: length, ending: .random(using: &random)), direction)
      if Bool.random(using: &random) { proxy.cut() }
      await withTaskGroup { group in
        group.addTask { await ledger.writePair(database) }
        group.addTask { await ledger.writeSingle(database) }
        group.addTask { await ledger.readOnce(database, 7) }
        group.addTask {
          // Reads and connecting try again until packets pass.
          try? await Task.sleep(for: .milliseconds(60))
          proxy.pass()
        }
      }
      await ledger.writePair(database)
      await database.close()
    }
    let database = try await Database.open(RelationalConfiguration(uri: uri))
    try await ledger.compare(with: database)
    #expect(ledger.strange == [])
    #expect(ledger.slowest < .seconds(15))
    #expect(ledger.counts.done > 15)
    await database.close()
    proxy.stop()
  }

  /// Neither the question nor its answer passes: nobody can know.
  private func leaveOpen(
    _ ledger: Ledger, _ configuration: RelationalConfiguration, _ proxy: FaultProxy, _ direction: FaultProxy.Direction
  ) async throws {
    let database = try await Database.open(configuration)
    await ledger.writeSingle(database)
    proxy.set(.init(cutAfter: 0), direction)
    await ledger.writeSingle(database)
    #expect(ledger.counts == (done: 1, certainlyNot: 0, perhaps: 1))
    proxy.pass()
    await database.close()
  }
}
