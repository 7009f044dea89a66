import BenchmarkReports
import Relational

/// One row by its primary key, at random.
struct PointReads {
  let settings: RelationalBenchmarkSettings
  let store: BenchmarkStore
  let board: Scoreboard

  func run() async throws {
    for (transport, uri) in store.uris {
      let database = try await Database.open(RelationalConfiguration(uri: uri))
      for tasks in settings.tasks {
        let place = "tasks=\(tasks)/\(transport.rawValue)"
        await board.alternate(
          ours(database, tasks, place) + [floor(uri, tasks, place)] + peers(uri, tasks, place, transport))
      }
      await database.close()
      await judge(transport)
    }
  }

  // MARK: Contenders

  private func ours(_ database: Database, _ tasks: Int, _ place: String) -> [Contender] {
    let rows = settings.rows
    let near = ClosedLoop(
      tasks: tasks, seconds: settings.seconds, seed: settings.seed, executor: database.taskExecutor)
    var far = near
    far.executor = nil
    let find: @Sendable (inout LoadRandom) async throws -> Void = { random in
      let key = random.key(rows)
      guard try await database.first(.account, key)?.aid == key else { throw WrongAnswer() }
    }
    let together: @Sendable (inout LoadRandom) async throws -> Void = { random in
      let key = random.key(rows)
      guard try await database.find(.account, key)?.aid == key else { throw WrongAnswer() }
    }
    return [
      Contender("find-together/\(place)", unit: "reads/s") { try await near.run(together) },
      Contender("find/\(place)", unit: "reads/s") { try await near.run(find) },
      Contender("find-elsewhere/\(place)", unit: "reads/s") { [far] in try await far.run(find) },
    ]
  }

  private func floor(_ uri: String, _ tasks: Int, _ place: String) -> Contender {
    let floor = PipelineFloor(
      uri: uri, inFlight: tasks, seconds: settings.seconds, rows: settings.rows, seed: settings.seed)
    return Contender("floor/\(place)", unit: "reads/s") { try await floor.run() }
  }

  private func peers(
    _ uri: String, _ tasks: Int, _ place: String, _ transport: BenchmarkStore.Transport
  ) -> [Contender] {
    var contenders: [Contender] = []
    if settings.runs(.pgbench) {
      let pgbench = PgbenchPeer(store: store, uri: uri, settings: settings)
      // pgbench's best client count is sought where the crowd is measured.
      let counts = tasks == settings.crowd ? [tasks] + Self.fewClients(beside: settings.tasks) : [tasks]
      contenders += counts.map { count in
        Contender("pgbench/clients=\(count)/\(transport.rawValue)", unit: "reads/s") {
          try await pgbench.measure(PgbenchPeer.pointScript, clients: count)
        }
      }
    }
    for driver in [RelationalBenchmarkSettings.Peer.asyncpg, .psycopg] where settings.runs(driver) {
      let peer = PythonPeer(driver: driver, store: store, uri: uri, settings: settings)
      contenders.append(
        Contender("\(driver.rawValue)/\(place)", unit: "reads/s") {
          try await peer.measure(.point, tasks: tasks, pool: min(tasks, 20))
        })
    }
    return contenders
  }

  private static func fewClients(beside measured: [Int]) -> [Int] {
    RelationalBenchmarkSettings.fewClients.filter { !measured.contains($0) }
  }

  // MARK: Goals

  /// The goals of the crowd; those that compare with a peer only when peers ran.
  private func judge(_ transport: BenchmarkStore.Transport) async {
    guard settings.tasks.contains(settings.crowd) else { return }
    let place = "tasks=\(settings.crowd)/\(transport.rawValue)"
    let find = await board.figure("find/\(place)")
    await board.ratio("find vs floor, \(place)", find, to: board.figure("floor/\(place)"), atLeast: 0.7)
    guard settings.runs(.pgbench) else { return }
    let crowded = await board.figure("pgbench/clients=\(settings.crowd)/\(transport.rawValue)")
    let best = await board.best(
      (RelationalBenchmarkSettings.fewClients + settings.tasks).map { "pgbench/clients=\($0)/\(transport.rawValue)" })
    await board.ratio("find vs pgbench c\(settings.crowd), \(place)", find, to: crowded, atLeast: 5)
    await board.ratio(
      "find together vs pgbench c\(settings.crowd), \(place)", board.figure("find-together/\(place)"), to: crowded,
      atLeast: 10)
    await board.ratio("find vs pgbench at its best, \(place)", find, to: best, atLeast: 2.5)
    await board.ratioOfP99("find p99 vs pgbench c\(settings.crowd) p99, \(place)", find, to: crowded, atMost: 1)
  }
}
