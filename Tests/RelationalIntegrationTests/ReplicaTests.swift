import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

/// A primary with a standby, and a table whose rows say which transaction wrote them.
private struct Pair {
  let primary: TempPostgres
  let replica: TempReplica
  let name: String

  static let read = Statement<Reply>(
    "pair.read", lane: .shared,
    "SELECT inet_server_port(), (SELECT count(*) FROM entry WHERE mark >= $1), pg_is_in_recovery()")
  static let write = Statement<CommitMark>(
    "pair.write", "INSERT INTO entry (mark) VALUES (pg_current_xact_id()::text::int8) RETURNING pg_current_xact_id()")

  struct Reply: RowDecodable {
    let port: Int32
    let found: Int64
    let isReplica: Bool
    init(row: inout RowReader) throws(DecodingFailure) {
      port = try row.next()
      found = try row.next()
      isReplica = try row.next()
    }
  }

  /// Both servers over TCP, so that SQL knows the port that answers.
  static func start() async throws -> Pair {
    let primary = try await TempPostgres.start()
    let name = try await primary.newDatabase()
    try await primary.run("CREATE TABLE entry (mark int8 NOT NULL)", in: name)
    return Pair(primary: primary, replica: try await .start(of: primary), name: name)
  }

  func configuration(replicas: [String]? = nil) async -> RelationalConfiguration {
    var configuration = RelationalConfiguration(uri: await primary.uri(name, over: .tcp), poolSize: 4)
    configuration.replicas = replicas ?? [replica.uri(name)]
    return configuration
  }

  func stop() async {
    await replica.stop()
    await primary.stop()
  }
}

@Suite("Reads from replicas")
struct ReplicaTests {
  @Test("A read that must see a mark is answered by the replica once it has replayed it, and never before")
  func replay() async throws {
    let pair = try await Pair.start()
    try await withOpen(await pair.configuration()) { (database) async throws in
      let mark = try #require(try await database.first(Pair.write))
      let isThere = try await eventually {
        try await database.reading(atLeast: mark).first(Pair.read, mark.signed)?.isReplica == true
      }
      #expect(isThere)

      try await pair.replica.pauseReplay()
      let later = try #require(try await database.first(Pair.write))
      let before = database.statistics
      for answer in await outcomes(
        300,
        { _ in
          try await database.reading(atLeast: later).first(Pair.read, later.signed)
        })
      {
        let reply = try #require(try answer.get())
        #expect(!reply.isReplica && reply.found == 1 && Int(reply.port) == pair.primary.port)
      }
      #expect(database.statistics.replicaReads == before.replicaReads)
      // The older mark and no mark at all are still the replica's.
      #expect(try await database.reading(atLeast: mark).first(Pair.read, mark.signed)?.isReplica == true)
      #expect(try await database.reading().first(Pair.read, 0)?.isReplica == true)

      try await pair.replica.resumeReplay()
      let caughtUp = try await eventually {
        try await database.reading(atLeast: later).first(Pair.read, later.signed)?.isReplica == true
      }
      #expect(caughtUp)
      let middle = database.statistics
      for answer in await outcomes(
        300,
        { _ in
          try await database.reading(atLeast: later).first(Pair.read, later.signed)
        })
      {
        let reply = try #require(try answer.get())
        #expect(reply.isReplica && reply.found == 1 && Int(reply.port) == pair.replica.port)
      }
      #expect(database.statistics.replicaReads - middle.replicaReads == 300)
    }
    await pair.stop()
  }

  @Test("While writers write and replay stops and goes, a read always sees its mark")
  func neverWrong() async throws {
    let pair = try await Pair.start()
    try await withOpen(await pair.configuration()) { (database) async throws in
      let deadline = Deadline.after(.seconds(3))
      async let disturbance: Void = {
        while !deadline.hasPassed {
          try await pair.replica.pauseReplay()
          try await Task.sleep(for: .milliseconds(100))
          try await pair.replica.resumeReplay()
          try await Task.sleep(for: .milliseconds(300))
        }
      }()
      let fromReplica = Mutex(0)
      let answers = await outcomes(8) { _ in
        while !deadline.hasPassed {
          // Statements of one transaction take their time, so that older ones end after younger ones.
          let mark = try await database.withTransaction { tx in
            let mark = try await tx.first(Pair.write)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...10)))
            return mark
          }
          guard let mark else { throw ServerProcess.Failure("no mark") }
          for _ in 0..<10 {
            let reply = try await database.reading(atLeast: mark).first(Pair.read, mark.signed)
            #expect((reply?.found ?? 0) >= 1)
            if reply?.isReplica == true { fromReplica.withLock { $0 += 1 } }
            try await Task.sleep(for: .milliseconds(5))
          }
        }
      }
      for case .failure(let error) in answers { Issue.record(error) }
      try await disturbance
      #expect(fromReplica.withLock { $0 } > 0)
    }
    await pair.stop()
  }

  @Test("A transaction that still runs keeps newer reads on the primary, since a standby cannot tell it apart")
  func runningTransaction() async throws {
    let pair = try await Pair.start()
    try await withOpen(await pair.configuration()) { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        let running = try #require(try await tx.first(Pair.write))
        let newer = try await Task.detached { try await database.first(Pair.write) }.value
        let mark = try #require(newer)
        #expect(running.transaction < mark.transaction)
        #expect(
          try await eventually {
            try await pair.replica.run("SELECT count(*) FROM entry WHERE mark = \(mark)", in: pair.name) == "1"
          })
        // The running one is not there, yet the standby's snapshot calls it visible; only its `xmin` tells the truth.
        let claim = try await pair.replica.run(
          "SELECT pg_visible_in_snapshot('\(running)'::xid8, pg_current_snapshot()), "
            + "pg_snapshot_xmin(pg_current_snapshot()) <= '\(running)'::xid8, "
            + "(SELECT count(*) FROM entry WHERE mark = \(running))", in: pair.name)
        #expect(claim == "t|t|0")
        for _ in 0..<10 {
          #expect(try await database.reading(atLeast: mark).first(Pair.read, mark.signed)?.isReplica == false)
          #expect(try await database.reading(atLeast: running).first(Pair.read, mark.signed)?.isReplica == false)
          try await Task.sleep(for: .milliseconds(20))
        }
      }
    }
    await pair.stop()
  }

  @Test("A replica that dies, that never was or that became a primary costs no read its answer")
  func lostReplica() async throws {
    let pair = try await Pair.start()
    let nowhere = "postgresql://haiju@127.0.0.1:\(try FreePort.next())/none"
    try await withOpen(await pair.configuration(replicas: [nowhere, pair.replica.uri(pair.name)])) {
      (database) async throws in
      let mark = try #require(try await database.first(Pair.write))
      let read: @Sendable () async throws -> Pair.Reply? = {
        try await database.reading(atLeast: mark).first(Pair.read, mark.signed)
      }
      #expect(try await eventually { try await read()?.isReplica == true })
      let deadline = Deadline.after(.seconds(3))
      async let end: Void = {
        try await Task.sleep(for: .milliseconds(300))
        await pair.replica.kill()
      }()
      let answers = await outcomes(10) { _ in
        while !deadline.hasPassed {
          guard let reply = try await read(), reply.found >= 1 else { throw ServerProcess.Failure("not seen") }
        }
      }
      for case .failure(let error) in answers { Issue.record(error) }
      try await end
      #expect(try await read()?.isReplica == false)

      try await pair.replica.startAgain()
      #expect(try await eventually(within: .seconds(10)) { try await read()?.isReplica == true })
      try await pair.replica.promote()
      #expect(try await eventually { try await read()?.port == Int32(pair.primary.port) })
    }
    await pair.stop()
  }

  @Test("A standby of another cluster is never asked, although it knows transactions of the same numbers")
  func foreignCluster() async throws {
    let pair = try await Pair.start()
    let other = try await Pair.start()
    try await withOpen(await pair.configuration(replicas: [other.replica.uri(other.name)])) { (database) async throws in
      for _ in 0..<40 {
        #expect(try await database.reading().first(Pair.read, 0)?.port == Int32(pair.primary.port))
        try await Task.sleep(for: .milliseconds(20))
      }
      // It was reached, so that is not the reason.
      #expect((database.statistics.byStatement["relational.cluster"]?.count ?? 0) >= 2)
      #expect(database.statistics.replicaReads == 0)
    }
    await other.stop()
    await pair.stop()
  }

  @Test("Writes and statements of the leased lane go to the primary")
  func leased() async throws {
    let pair = try await Pair.start()
    try await withOpen(await pair.configuration()) { (database) async throws in
      let place = Statement<Bool>("pair.place", "SELECT pg_is_in_recovery()")
      #expect(try await eventually { try await database.reading().first(Pair.read, 0)?.isReplica == true })
      #expect(try await database.reading().first(place) == false)
      #expect(try await database.reading().first(Pair.write) != nil)
    }
    await pair.stop()
  }

  @Test("Failover under load: the primary dies, the standby is promoted, every call ends, and writes go on there")
  func failover() async throws {
    let pair = try await Pair.start()
    let hosts = "127.0.0.1:\(pair.primary.port),127.0.0.1:\(pair.replica.port)"
    let uri = "postgresql://\(TempPostgres.role)@\(hosts)/\(pair.name)?target_session_attrs=read-write"
    try await withOpen(RelationalConfiguration(uri: uri, poolSize: 4, acquireTimeout: .seconds(5))) {
      (database) async throws in
      let load = Load()
      let tasks = (0..<20).map { _ in load.start(on: database) }
      #expect(try await eventually { load.written > 100 })
      await pair.primary.kill()
      let atDeath = load.written
      try await pair.replica.promote()
      #expect(try await eventually(within: .seconds(15)) { load.written > atDeath + 100 })
      load.stop()
      for task in tasks { await task.value }
      #expect(load.failed > 0)
      #expect(try await database.first(Pair.read, 0)?.port == Int32(pair.replica.port))
      #expect(database.statistics.leased == 0 && database.statistics.waiting == 0)
    }
    await pair.stop()
  }

  @Test("target_session_attrs chooses between primary and standby, on both lanes")
  func target() async throws {
    let pair = try await Pair.start()
    for (first, second) in [(pair.primary.port, pair.replica.port), (pair.replica.port, pair.primary.port)] {
      for (wanted, expected) in [
        ("primary", false), ("read-write", false), ("standby", true), ("prefer-standby", true), ("read-only", true),
      ] {
        let uri =
          "postgresql://\(TempPostgres.role)@127.0.0.1:\(first),localhost:\(second)/\(pair.name)"
          + "?target_session_attrs=\(wanted)"
        try await withOpen(RelationalConfiguration(uri: uri)) { (database) async throws in
          #expect(try await database.first(Pair.read, 0)?.isReplica == expected, "\(wanted)")
          let leased = Statement<Bool>("pair.place", "SELECT pg_is_in_recovery()")
          #expect(try await database.first(leased) == expected, "\(wanted)")
        }
      }
    }
    await pair.stop()
  }
}

/// Tasks that write and read until they are told to stop, and count what came of it.
private final class Load: Sendable {
  private let state = Mutex((written: 0, failed: 0, isOver: false))
  var written: Int { state.withLock { $0.written } }
  var failed: Int { state.withLock { $0.failed } }

  func stop() { state.withLock { $0.isOver = true } }

  func start(on database: Database) -> Task<Void, Never> {
    Task {
      while !state.withLock({ $0.isOver }) {
        do throws(RelationalError) {
          _ = try await database.first(Pair.write)
          state.withLock { $0.written += 1 }
          _ = try await database.first(Pair.read, 0)
        } catch {
          state.withLock { $0.failed += 1 }
          #expect(error.code == .unavailable || error.isTransient, "\(error)")
          // Nobody cancels this task.
          try? await Task.sleep(for: .milliseconds(20))
        }
      }
    }
  }
}

extension CommitMark {
  /// As a column of type `int8` holds it.
  fileprivate var signed: Int64 { Int64(transaction) }
}
