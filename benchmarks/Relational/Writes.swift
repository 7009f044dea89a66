import BenchmarkReports
import Relational

extension Statement where Row == NoRow {
  static let changeAccount = Statement(
    "bench.changeAccount", "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2")
  static let changeTeller = Statement(
    "bench.changeTeller", "UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2")
  static let addHistory = Statement(
    "bench.addHistory",
    """
    INSERT INTO pgbench_history (tid, bid, aid, delta, mtime)
    VALUES ($1, 1, $2, $3, CURRENT_TIMESTAMP)
    """)
}

/// The three writes of one transaction.
private struct Change: Sendable {
  private let account: Int32
  private let teller: Int32
  private let delta: Int32

  init(rows: Int, tellers: Int, using random: inout LoadRandom) {
    account = random.key(rows)
    teller = random.key(tellers)
    delta = Int32.random(in: -5000...5000, using: &random)
  }

  /// One after the other, as code that looks at each answer does.
  func apply(in transaction: Transaction) async throws {
    try await transaction.execute(.changeAccount, delta, account)
    try await transaction.execute(.changeTeller, delta, teller)
    try await transaction.execute(.addHistory, teller, account, delta)
  }

  /// All at once, in one round trip.
  var batch: Batch {
    var batch = Batch()
    batch.add(.changeAccount, delta, account)
    batch.add(.changeTeller, delta, teller)
    batch.add(.addHistory, teller, account, delta)
    return batch
  }
}

/// A transaction of three writing statements, durable when it is answered.
struct Writes {
  let settings: RelationalBenchmarkSettings
  let store: BenchmarkStore
  let board: Scoreboard

  /// Connections of our pool among which the best is sought.
  private static let pools = [8, 32]

  func run() async throws {
    let crowd = settings.crowd
    let transport = store.uris[0].transport.rawValue
    let peer = "write/pgbench/clients=\(crowd)/\(transport)"
    var contenders: [Contender] = []
    var databases: [Database] = []
    for pool in Self.pools {
      let database = try await Database.open(RelationalConfiguration(uri: store.uri, poolSize: pool))
      databases.append(database)
      contenders += ours(database, pool, "tasks=\(crowd)/\(transport)")
    }
    if settings.runs(.pgbench) {
      let pgbench = PgbenchPeer(store: store, uri: store.uri, settings: settings)
      contenders.append(
        prepared(
          Contender(peer, unit: "transactions/s") {
            try await pgbench.measure(PgbenchPeer.writeScript, clients: crowd)
          }))
    }
    await board.alternate(contenders)
    for database in databases { await database.close() }
    guard settings.runs(.pgbench) else { return }
    let ours = await board.best(contenders.map(\.name).filter { $0 != peer })
    await board.ratio("write vs pgbench c\(crowd)", ours, to: board.figure(peer), atLeast: 1)
  }

  private func ours(_ database: Database, _ pool: Int, _ place: String) -> [Contender] {
    let loop = ClosedLoop(
      tasks: settings.crowd, seconds: settings.seconds, seed: settings.seed, executor: database.taskExecutor)
    let (rows, tellers) = (settings.rows, settings.scale * 10)
    return [
      Contender("write/transaction/pool=\(pool)/\(place)", unit: "transactions/s") {
        try await loop.run { random in
          let change = Change(rows: rows, tellers: tellers, using: &random)
          try await database.withTransaction { try await change.apply(in: $0) }
        }
      },
      Contender("write/batch/pool=\(pool)/\(place)", unit: "transactions/s") {
        try await loop.run { random in
          try await database.commit(Change(rows: rows, tellers: tellers, using: &random).batch)
        }
      },
    ].map(prepared)
  }

  /// Everybody begins with tables in the same state and no checkpoint under way.
  private func prepared(_ contender: Contender) -> Contender {
    Contender(contender.name, unit: contender.unit) { [store] in
      try await store.sql("TRUNCATE pgbench_history")
      try await store.sql("VACUUM pgbench_tellers")
      try await store.sql("CHECKPOINT")
      return try await contender.measure()
    }
  }
}
