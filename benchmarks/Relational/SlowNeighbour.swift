import BenchmarkReports
import Kernel
import Relational

extension Statement where Row == Int64 {
  /// Reads the whole table and computes for each row: seconds of one core at 1,000,000 rows.
  static let heavy = Statement(
    "bench.heavy", "SELECT count(*) FROM pgbench_accounts WHERE hashtext(repeat(aid::text, 20)) % 7 = 0")
}

/// Point reads on the shared lane while a slow statement runs on the leased lane.
struct SlowNeighbour {
  let settings: RelationalBenchmarkSettings
  let store: BenchmarkStore
  let board: Scoreboard

  func run() async throws {
    let database = try await Database.open(RelationalConfiguration(uri: store.uri))
    let rows = settings.rows
    let loop = ClosedLoop(
      tasks: settings.crowd, seconds: settings.seconds, seed: settings.seed, executor: database.taskExecutor)
    let find: @Sendable (inout LoadRandom) async throws -> Void = { random in
      let key = random.key(rows)
      guard try await database.first(.account, key)?.aid == key else { throw WrongAnswer() }
    }
    let place = "tasks=\(settings.crowd)/\(store.uris[0].transport.rawValue)"
    let (alone, beside) = ("find-alone/\(place)", "find-beside-slow/\(place)")
    await board.alternate([
      Contender(alone, unit: "reads/s") { try await loop.run(find) },
      Contender(beside, unit: "reads/s") {
        async let slow: Void = Self.runSlow(on: database, seconds: loop.seconds)
        let sample = try await loop.run(find)
        try await slow
        return sample
      },
    ])
    await database.close()
    await board.ratioOfP99(
      "find p99 beside a slow statement vs alone", board.figure(beside), to: board.figure(alone), atMost: 2)
  }

  /// One slow statement after the other, until time is over.
  private static func runSlow(on database: Database, seconds: Double) async throws {
    let end = Monotonic.now + UInt64(seconds * 1e9)
    while Monotonic.now < end { _ = try await database.first(.heavy) }
  }
}
