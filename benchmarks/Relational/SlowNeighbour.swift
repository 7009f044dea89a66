import BenchmarkReports
import Kernel
import Relational

extension Statement where Row == Int64 {
  /// Slow because it waits, as for a lock or a disk: two seconds.
  static let waiting = Statement("bench.waiting", "SELECT count(*) FROM pg_sleep(2)")

  /// Slow because it computes: seconds of one core at 1,000,000 rows. What it takes from the readers on a machine that
  /// they share is not the lane's doing, so it is shown without a goal.
  static let computing = Statement(
    "bench.computing", "SELECT count(*) FROM pgbench_accounts WHERE hashtext(repeat(aid::text, 20)) % 7 = 0")
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
    let (alone, waiting) = ("neighbour/none/\(place)", "neighbour/waiting/\(place)")
    await board.alternate([
      Contender(alone, unit: "reads/s") { try await loop.run(find) },
      beside(.waiting, waiting, loop, database, find),
      beside(.computing, "neighbour/computing/\(place)", loop, database, find),
    ])
    await database.close()
    await board.ratioOfP99(
      "find p99 beside a slow statement vs without", board.figure(waiting), to: board.figure(alone), atMost: 2)
  }

  private func beside(
    _ slow: Statement<Int64>, _ name: String, _ loop: ClosedLoop, _ database: Database,
    _ find: @escaping @Sendable (inout LoadRandom) async throws -> Void
  ) -> Contender {
    Contender(name, unit: "reads/s") {
      async let neighbour: Void = Self.run(slow, on: database, seconds: loop.seconds)
      let sample = try await loop.run(find)
      try await neighbour
      return sample
    }
  }

  /// One slow statement after the other, until time is over.
  private static func run(_ slow: Statement<Int64>, on database: Database, seconds: Double) async throws {
    let end = Monotonic.now + UInt64(seconds * 1e9)
    while Monotonic.now < end { _ = try await database.first(slow) }
  }
}
