import BenchmarkReports
import Relational

/// Fifty rows in the order of the key, decoded into values.
struct Lists {
  let settings: RelationalBenchmarkSettings
  let store: BenchmarkStore
  let board: Scoreboard

  /// Connections of asyncpg's pool among which its best is sought.
  private static let pools = [4, 8, 20]

  func run() async throws {
    let database = try await Database.open(RelationalConfiguration(uri: store.uri))
    let place = "tasks=\(settings.crowd)/\(store.uris[0].transport.rawValue)"
    let names = Self.pools.map { "list/asyncpg/pool=\($0)/\(place)" }
    var contenders = [ours(database, place)]
    if settings.runs(.asyncpg) {
      let peer = PythonPeer(driver: .asyncpg, store: store, uri: store.uri, settings: settings)
      for (name, pool) in zip(names, Self.pools) {
        contenders.append(
          Contender(name, unit: "rows/s") { [settings] in
            try await peer.measure(.list, tasks: settings.crowd, pool: pool)
          })
      }
    }
    await board.alternate(contenders)
    await database.close()
    guard settings.runs(.asyncpg) else { return }
    await board.ratio(
      "list of \(listLength) rows vs asyncpg", board.figure("list/\(place)"), to: board.best(names), atLeast: 2)
  }

  private func ours(_ database: Database, _ place: String) -> Contender {
    let loop = ClosedLoop(
      tasks: settings.crowd, seconds: settings.seconds, seed: settings.seed, executor: database.taskExecutor)
    let last = settings.rows - listLength + 1
    return Contender("list/\(place)", unit: "rows/s") {
      var sample = try await loop.run { random in
        let rows = try await database.query(.accounts, random.key(last))
        guard rows.count == listLength else { throw WrongAnswer() }
      }
      sample.value *= Double(listLength)
      return sample
    }
  }
}
