import Kernel
import Relational
import Synchronization
import TestSupport
import Testing

private struct Stop: Error {}

@Suite("Cursors and COPY to us", .alsoBehindPgBouncer)
struct StreamTests {
  private struct Reading: RowDecodable {
    let id: Int64
    let text: String?
    init(row: inout RowReader) throws(DecodingFailure) {
      id = try row.next()
      text = try row.next()
    }
  }

  private static let series = """
    SELECT n, CASE WHEN n % 3 > 0 THEN repeat('x', (n % 50)::int4) END FROM generate_series(1::int8, 20000) n
    """
  private static let one = Statement<Int32>("stream.one", "SELECT 1")

  private func text(_ number: Int64) -> String? {
    number % 3 > 0 ? String(repeating: "x", count: Int(number % 50)) : nil
  }

  @Test("Every row of a cursor comes once and in order, with one round trip for each portion")
  func cursor() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let before = database.statistics.roundTrips
      try await database.withTransaction { (tx) async throws in
        var next: Int64 = 1
        for try await row in tx.cursor(Statement<Reading>("stream.cursor", Self.series), fetch: 1000) {
          #expect(row.id == next && row.text == text(next))
          next += 1
        }
        #expect(next == 20_001)
      }
      // Twenty full portions, an empty one that says it is over, and COMMIT.
      #expect(database.statistics.roundTrips - before == 22)
    }
  }

  @Test("A cursor takes parameters, and the transaction goes on between its rows")
  func between() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange("CREATE TABLE seen (id int8)")
      let numbers = Statement<Int64>("stream.numbers", "SELECT n FROM generate_series($1, $2) n")
      let see = Statement<NoRow>("stream.see", "INSERT INTO seen VALUES ($1)")
      try await database.withTransaction { (tx) async throws in
        for try await outer in tx.cursor(numbers, Int64(1), Int64(10), fetch: 3) {
          for try await inner in tx.cursor(numbers, Int64(1), Int64(10), fetch: 4) where inner == outer {
            try await tx.execute(see, outer * 100 + inner)
            break
          }
        }
        // Cursors that were left early are closed by now.
        let open = Statement<Int64>("stream.open", "SELECT count(*) FROM pg_cursors WHERE name LIKE 'c%'")
        #expect(try await tx.first(open) == 0)
      }
      #expect(try await database.query(Statement<Int64>("stream.seen", "SELECT id FROM seen ORDER BY id")).count == 10)
      let none = try await database.withTransaction { (tx) async throws in
        var count = 0
        for try await _ in tx.cursor(numbers, Int64(2), Int64(1)) { count += 1 }
        return count
      }
      #expect(none == 0)
      let error = await failure {
        try await database.withTransaction { (tx) async throws in
          for try await _ in tx.cursor(
            Statement<Int64>("stream.fails", "SELECT 1 / (5 - n) FROM generate_series(1::int8, 9) n"), fetch: 2)
          {}
        }
      }
      #expect(error?.sqlState == "22012" && error?.statement == "stream.fails")
      #expect(try await database.first(Self.one) == 1)
    }
  }

  @Test("A failing cursor inside a savepoint leaves the transaction usable")
  func failingInside() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        let fails = Statement<Int64>("stream.fails", "SELECT 1 / (5 - n) FROM generate_series(1::int8, 9) n")
        for fetch in [1, 2, 100] {
          let error = await failure {
            try await tx.savepoint { inner in for try await _ in inner.cursor(fails, fetch: fetch) {} }
          }
          #expect(error?.sqlState == "22012")
          try? await tx.savepoint { inner in
            for try await _ in inner.cursor(Statement<Int64>("stream.numbers", "SELECT 1::int8"), fetch: 1) {
              throw Stop()
            }
          }
          #expect(try await tx.first(Self.one) == 1)
        }
      }
    }
  }

  @Test("Every row copied to us comes once and in order, nulls and all")
  func copyOut() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let before = database.statistics.roundTrips
      try await database.withTransaction { (tx) async throws in
        var next: Int64 = 1
        for try await row in tx.copyOut(CopyOut<Reading>("stream.copy", Self.series)) {
          #expect(row.id == next && row.text == text(next))
          next += 1
        }
        #expect(next == 20_001)
        var none = 0
        for try await _ in tx.copyOut(CopyOut<Int64>("stream.none", "SELECT 1::int8 WHERE false")) { none += 1 }
        #expect(none == 0)
        #expect(try await tx.first(Self.one) == 1)
      }
      #expect(database.statistics.roundTrips - before == 6)
    }
  }

  @Test("A wrong Swift type names the column, a wrong query the copy, and neither costs the connection")
  func wrong() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let backend = Statement<Int32>("stream.backend", "SELECT pg_backend_pid()")
      let before = try await database.first(backend)
      let type = await failure {
        try await database.withTransaction { (tx) async throws in
          for try await _ in tx.copyOut(
            CopyOut<Reading>("stream.wrong", "SELECT 1::int8 AS id, 2::int8 AS label FROM generate_series(1, 100000)"))
          {}
        }
      }
      #expect(type?.code == .decoding && type?.statement == "stream.wrong")
      #expect(type?.message.contains("column 2 (label)") == true)
      let sql = await failure {
        try await database.withTransaction { (tx) async throws in
          for try await _ in tx.copyOut(CopyOut<Int64>("stream.missing", "SELECT id FROM nowhere")) {}
        }
      }
      #expect(sql?.sqlState == "42P01" && sql?.statement == "stream.missing")
      let late = await failure {
        try await database.withTransaction { (tx) async throws in
          for try await _ in tx.copyOut(
            CopyOut<Int64>("stream.late", "SELECT 1 / (90000 - n) FROM generate_series(1::int8, 100000) n"))
          {}
        }
      }
      #expect(late?.sqlState == "22012" && late?.statement == "stream.late")
      if BehindPgBouncer.current == nil { #expect(try await database.first(backend) == before) }
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }

  @Test("C5: a loop that is left early leaves the transaction usable")
  func leftEarly() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange("CREATE TABLE seen (id int8)")
      let see = Statement<NoRow>("stream.see", "INSERT INTO seen VALUES ($1)")
      try await database.withTransaction { (tx) async throws in
        for round in 0..<10 {
          for try await row in tx.copyOut(
            CopyOut<Int64>("stream.early", "SELECT n FROM generate_series(1::int8, 3000000) n"))
          {
            if row == round * 100 + 1 { break }
          }
          try await tx.execute(see, round)
        }
      }
      #expect(try await database.number("SELECT count(*) FROM seen") == 10)
    }
  }

  @Test("C5: cancelling the reader of a half-read stream frees its connection")
  func cancelled() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      for kind in 0..<4 {
        let reached = Flag()
        let task = Task {
          await failure {
            try await database.withTransaction { (tx) async throws in
              let sql = "SELECT n FROM generate_series(1::int8, 3000000) n"
              var count = 0
              if kind < 2 {
                for try await _ in tx.copyOut(CopyOut<Int64>("stream.half", sql)) {
                  count += 1
                  if count == 5000 { reached.set() }
                  if kind == 0, count > 5000 { try await Task.sleep(for: .milliseconds(1)) }
                }
              } else {
                for try await _ in tx.cursor(Statement<Int64>("stream.half", sql), fetch: 500) {
                  count += 1
                  if count == 5000 { reached.set() }
                  if kind == 2, count > 5000 { try await Task.sleep(for: .milliseconds(1)) }
                }
              }
            }
          }
        }
        #expect(try await eventually { reached.isSet })
        task.cancel()
        let error = await task.value
        // Cancelled in the pause between rows it is Swift's own error.
        #expect(error == nil || error?.code == .cancelled, "\(String(describing: error))")
        #expect(try await database.first(Self.one) == 1)
      }
      #expect(try await eventually { database.statistics.leased == 0 })
    }
  }

  @Test("While rows are copied the transaction refuses other statements instead of waiting for ever")
  func refused() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        for try await _ in tx.copyOut(CopyOut<Int64>("stream.open", "SELECT n FROM generate_series(1::int8, 9) n")) {
          let error = await failure { _ = try await tx.first(Self.one) }
          #expect(error?.code == .misuse)
        }
        #expect(try await tx.first(Self.one) == 1)
      }
    }
  }

  @Test("A slow reader makes the server wait, so memory stays flat")
  func backPressure() async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    try await withDatabase(RelationalConfiguration(uri: uri, poolSize: 1)) { (database) async throws in
      try await database.withTransaction { (tx) async throws in
        let rows = CopyOut<String>("stream.slow", "SELECT repeat('y', 1000) FROM generate_series(1, 100000)")
        var count = 0
        let before = proxy.bytes(.toClient)
        for try await _ in tx.copyOut(rows) {
          count += 1
          if count == 10 {
            try await Task.sleep(for: .milliseconds(500))
            // Of 100 MB only what the sockets' buffers hold has left the server.
            #expect(proxy.bytes(.toClient) - before < 20_000_000)
          }
        }
        #expect(count == 100_000)
        #expect(proxy.bytes(.toClient) - before > 100_000_000)
      }
    }
  }

  @Test("Rows from an asynchronous producer are copied as they come; its failure undoes the copy")
  func copyInAsync() async throws {
    try await withDatabase(poolSize: 2) { (database) async throws in
      try await database.arrange("CREATE TABLE entry (id int8)")
      let copy = CopyStatement("entry.copy", table: "entry", columns: ["id"])
      let count = try await database.withTransaction { (tx) async throws in
        let numbers = AsyncStream<Int64> { continuation in
          Task {
            for number in 0..<50_000 { continuation.yield(Int64(number)) }
            continuation.finish()
          }
        }
        return try await tx.copyIn(copy, from: numbers) { $1.append($0) }
      }
      #expect(count == 50_000)
      await #expect(throws: Stop.self) {
        try await database.withTransaction { (tx) async throws in
          let failing = AsyncThrowingStream<Int64, any Error> { continuation in
            for number in 0..<20_000 { continuation.yield(Int64(number)) }
            continuation.finish(throwing: Stop())
          }
          try await tx.copyIn(copy, from: failing) { $1.append($0) }
        }
      }
      #expect(try await database.number("SELECT count(*) FROM entry") == 50_000)
      // From one table to another through us, over two connections.
      try await database.arrange("CREATE TABLE copied (id int8)")
      let all = CopyOut<Int64>("entry.all", "SELECT id FROM entry")
      let moved = try await database.withTransaction { reader in
        try await Task.detached {
          try await database.withTransaction { writer in
            try await writer.copyIn(
              CopyStatement("copied.copy", table: "copied", columns: ["id"]), from: reader.copyOut(all)
            ) { $1.append($0) }
          }
        }.value
      }
      #expect(moved == 50_000)
      let own = await failure {
        try await database.withTransaction { (tx) async throws in
          _ = try await tx.copyIn(copy, from: tx.cursor(Statement<Int64>("entry.read", "SELECT id FROM entry"))) {
            $1.append($0)
          }
        }
      }
      #expect(own?.code == .misuse)
      #expect(try await database.number("SELECT count(*) FROM entry") == 50_000)
    }
  }

  @Test("I2: a COPY that the server answers with a flood of notices does not block")
  func notices() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange(
        """
        CREATE TABLE entry (id int8);
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE WARNING '%', repeat('n', 2000); RETURN NEW; END $$;
        CREATE TRIGGER loud BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION shout()
        """)
      let count = try await database.withTransaction { (tx) async throws in
        try await tx.copyIn(CopyStatement("entry.copy", table: "entry", columns: ["id"]), 0..<20_000) { number, row in
          row.append(Int64(number))
        }
      }
      #expect(count == 20_000)
    }
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
  }
}
