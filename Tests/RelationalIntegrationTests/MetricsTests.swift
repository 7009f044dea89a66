import Foundation
import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

/// Writes down what it hears.
private final class Recorder: RelationalTracer {
  @TaskLocal static var request = "none"

  struct Span: Equatable {
    let statement: String
    let lane: Lane
    let request: String
    var outcome: TraceOutcome?
  }
  private let state = Mutex<[Span]>([])

  var spans: [Span] { state.withLock { $0 } }

  func started(_ statement: String, lane: Lane) -> any Sendable {
    state.withLock { spans in
      spans.append(Span(statement: statement, lane: lane, request: Self.request))
      return spans.count - 1
    }
  }

  func ended(_ token: any Sendable, _ outcome: TraceOutcome) {
    guard let place = token as? Int else { return }
    state.withLock { $0[place].outcome = outcome }
  }
}

@Suite("Figures of a database")
struct MetricsTests {
  private static let five = Statement<Int64>(
    "metrics.five", lane: .shared, "SELECT i::int8 FROM generate_series(1, 5) i")
  private static let wrong = Statement<Int32>("metrics.wrong", "SELECT 1 / $1::int4")

  @Test("Count, errors, rows, bytes and times are kept by name and lane")
  func byName() async throws {
    try await withDatabase { database in
      for _ in 0..<10 { _ = try await database.query(Self.five) }
      try await database.withTransaction { transaction in
        for _ in 0..<3 { _ = try await transaction.query(Self.five) }
      }
      for divisor in [1, 0, 1, 0] as [Int32] { _ = try? await database.query(Self.wrong, divisor) }
      let statistics = database.statistics
      let five = try #require(statistics.byStatement["metrics.five"])
      #expect(five.shared.count == 10 && five.shared.rows == 50 && five.shared.bytes == 400)
      #expect(five.leased.count == 3 && five.leased.rows == 15 && five.leased.bytes == 120)
      #expect(five.shared.time.count == 10 && five.time.count == 13 && five.errors == 0)
      #expect(five.time.p50 <= five.time.p99 && five.time.p99 <= five.time.max && five.time.max > .zero)
      let wrong = try #require(statistics.byStatement["metrics.wrong"])
      #expect(wrong.count == 4 && wrong.errors == 2 && wrong.rows == 2 && wrong.time.count == 4)
      #expect(statistics.errors == 2)
      #expect(statistics.statements == statistics.byStatement.values.reduce(0) { $0 + $1.count })
    }
  }

  @Test("The time is that from sending to the answer, and waiting for a connection is counted apart")
  func times() async throws {
    let sleep = Statement<Bool>("metrics.sleep", "SELECT pg_sleep(0.2) IS NULL")
    try await withDatabase(poolSize: 1) { database in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { _ = try await database.query(sleep) } }
        try await group.waitForAll()
      }
      let figures = try #require(database.statistics.byStatement["metrics.sleep"])
      #expect(figures.time.count == 3 && figures.time.p50 >= .milliseconds(200) && figures.time.max < .seconds(5))
      let waits = database.statistics.connections.waits
      // Two of them waited, one for a single sleep and one for two; opening the connection was a wait, too.
      #expect(waits.count >= 2 && waits.max >= .milliseconds(400))
    }
  }

  @Test("Statements that travel together have figures of their own; a failure belongs to the one that failed")
  func batches() async throws {
    try await withDatabase { database in
      try await database.arrange("CREATE TABLE entry (number int4 PRIMARY KEY)")
      let put = Statement<NoRow>("metrics.put", "INSERT INTO entry VALUES ($1)")
      let all = Statement<Int32>("metrics.all", "SELECT number FROM entry")
      var batch = Batch()
      for number in 1...3 as ClosedRange<Int32> { batch.add(put, number) }
      batch.add(all)
      _ = try await database.commit(batch)
      let again = await failure { _ = try await database.commit(batch) }
      #expect(again?.code == .uniqueViolation)
      let statistics = database.statistics
      let (puts, reads) = (statistics.byStatement["metrics.put"], statistics.byStatement["metrics.all"])
      #expect(puts?.count == 6 && puts?.rows == 3 && puts?.errors == 1 && puts?.time.count == 6)
      #expect(reads?.count == 2 && reads?.rows == 3 && reads?.bytes == 12 && reads?.errors == 0)
      #expect(statistics.errors == 1)
    }
  }

  @Test("A COPY counts once, with all its rows")
  func copies() async throws {
    try await withDatabase { database in
      try await database.arrange("CREATE TABLE reading (number int8)")
      let copy = CopyStatement("metrics.copy", table: "reading", columns: ["number"])
      try await database.withTransaction { transaction in
        try await transaction.copyIn(copy, 1...20_000) { $1.append($0) }
        var count = 0
        for try await _ in transaction.copyOut(CopyOut<Int64>("metrics.out", "SELECT number FROM reading")) {
          count += 1
        }
        #expect(count == 20_000)
      }
      let statistics = database.statistics
      let (copied, out) = (statistics.byStatement["metrics.copy"], statistics.byStatement["metrics.out"])
      #expect(copied?.count == 1 && copied?.rows == 20_000 && copied?.time.count == 1)
      #expect(out?.bytes == 160_000 && out?.rows == 20_000 && out?.errors == 0)
    }
  }

  @Test("Connections opened, lost and retired, cancel requests and repeated transactions are counted")
  func connections() async throws {
    try await withDatabase(poolSize: 2) { database in
      _ = try await database.query(Self.five)
      let sleep = Statement<Bool>("metrics.sleep", "SELECT pg_sleep(60) IS NULL")
      let task = Task { try await database.query(sleep) }
      #expect(try await eventually { database.statistics.byStatement["metrics.sleep"]?.count == 1 })
      task.cancel()
      _ = await task.result
      // The caller hears of its cancellation before the server is asked.
      #expect(try await eventually { database.statistics.connections.cancelRequests == 1 })
      let opened = database.statistics.connections.opened
      #expect(opened >= 2 && database.statistics.connections.lost == 0)
      let kill = Statement<NoRow>("metrics.kill", "SELECT pg_terminate_backend(pg_backend_pid())")
      _ = await failure { try await database.execute(kill) }
      #expect(try await eventually { database.statistics.connections.lost == 1 })
      let attempts = Mutex(0)
      try await database.withTransaction { transaction in
        guard
          attempts.withLock({
            $0 += 1; return $0
          }) < 3
        else { return }
        try await transaction.execute(
          Statement<NoRow>("metrics.raise", "SELECT 1 FROM (SELECT set_config('a.b', 'c', true)) s WHERE false"))
        try await transaction.script("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
      }
      #expect(database.statistics.connections.serializationRetries == 2)
    }
  }

  @Test("A tracer hears of every statement within its request, with rows or the kind of failure")
  func tracing() async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    let recorder = Recorder()
    var configuration = RelationalConfiguration(uri: uri)
    configuration.tracer = recorder
    let database = try await Database.open(configuration)
    try await Recorder.$request.withValue("GET /people") {
      _ = try await database.query(Self.five)
      _ = await failure { _ = try await database.query(Self.wrong, Int32(0)) }
      try await database.withTransaction { transaction in
        _ = try await transaction.query(Self.five)
        var batch = Batch()
        batch.add(Self.five)
        batch.add(Self.wrong, Int32(1))
        _ = try await transaction.perform(batch)
      }
    }
    await database.close()
    let spans = recorder.spans.filter { $0.request == "GET /people" }
    #expect(
      spans.map { "\($0.statement) \($0.lane)" } == [
        "metrics.five shared", "metrics.wrong leased", "metrics.five leased", "metrics.five leased",
        "metrics.wrong leased",
      ])
    #expect(
      spans.map(\.outcome) == [
        .success(rows: 5), .failure(.server), .success(rows: 5), .success(rows: 5), .success(rows: 1),
      ])
  }

  @Test(
    "The server's own figures are found by name, constants in the text or not; without the extension there are none")
  func serverFigures() async throws {
    try await withDatabase { database in
      let none = try await database.serverStatementFigures()
      #expect(none == nil)
    }
    let server = try await TempPostgres.start(settings: ["shared_preload_libraries": "'pg_stat_statements'"])
    let database = try await Database.open(RelationalConfiguration(uri: try await server.freshDatabase()))
    try await database.arrange(
      "CREATE EXTENSION pg_stat_statements; CREATE TABLE person (id int4 PRIMARY KEY, state text, born date)")
    let put = Statement<NoRow>("person.put", "INSERT INTO person VALUES ($1, 'new', DATE '2000-01-01')")
    let find = Statement<String>(
      "person.find", lane: .shared,
      """
      SELECT state
        FROM person  -- by key
       WHERE id = $1 AND born > '1900-01-01'::date AND id > -1 AND state IN ('new', 'old') AND TRUE
       LIMIT 10
      """)
    for number in 1...4 as ClosedRange<Int32> { try await database.execute(put, number) }
    for _ in 0..<3 { _ = try await database.query(find, Int32(2)) }
    let figures = try #require(try await database.serverStatementFigures())
    #expect(figures["person.put"]?.calls == 4 && figures["person.put"]?.rows == 4)
    #expect(figures["person.find"]?.calls == 3 && figures["person.find"]?.rows == 3)
    let found = try #require(figures["person.find"])
    #expect(found.totalTime > .zero && found.meanTime <= found.totalTime && found.blocksHit + found.blocksRead > 0)
    let asked = try await database.serverStatementFigures(of: ["one": put.sql, "never": "SELECT never"])
    #expect(asked?.keys.sorted() == ["one"])
    await database.close()
    await server.stop()
  }
}
