import Kernel
import Relational
import Testing

@Suite("COPY", .alsoBehindPgBouncer)
struct CopyTests {
  private static let readings = CopyStatement(
    "reading.copy", table: "public.reading", columns: ["series", "time", "value"])

  private func withReadings(_ body: (Database) async throws -> Void) async throws {
    try await withDatabase(poolSize: 2) { database in
      try await database.arrange(
        "CREATE TABLE reading (series int8, time timestamptz, value float8, PRIMARY KEY (series, time))")
      try await body(database)
    }
  }

  @Test("100 000 rows arrive exactly")
  func rows() async throws {
    try await withReadings { database in
      let count = try await database.withTransaction { tx in
        try await tx.copyIn(Self.readings, 0..<100_000) { number, row in
          row.append(Int64(number % 10))
          row.append(Instant(seconds: Int64(number)))
          row.append(Double?(Double(number)))
        }
      }
      #expect(count == 100_000)
      #expect(try await database.number("SELECT count(*) FROM reading") == 100_000)
      #expect(try await database.number("SELECT sum(value)::int8 FROM reading") == 4_999_950_000)
    }
  }

  @Test("No rows are no rows")
  func empty() async throws {
    try await withReadings { database in
      let count = try await database.withTransaction { tx in
        try await tx.copyIn(Self.readings, [Int]()) { _, _ in }
      }
      #expect(count == 0)
    }
  }

  @Test("A row that the table refuses undoes the copy and names the constraint")
  func duplicate() async throws {
    try await withReadings { (database) async throws in
      let error = await failure {
        _ = try await database.withTransaction { tx in
          try await tx.copyIn(Self.readings, 0..<50_000) { number, row in
            row.append(Int64(1))
            row.append(Instant(seconds: Int64(number / 2)))
            row.append(1.0)
          }
        }
      }
      #expect(error?.code == .uniqueViolation && error?.constraint == "reading_pkey")
      #expect(error?.statement == "reading.copy")
      #expect(try await database.number("SELECT count(*) FROM reading") == 0)
    }
  }

  @Test("A value that cannot be sent, or a missing column, ends the copy cleanly")
  func unsendable() async throws {
    try await withReadings { (database) async throws in
      let unsendable = await failure {
        _ = try await database.withTransaction { tx in
          try await tx.copyIn(Self.readings, 0..<10) { number, row in
            row.append(Int64(number))
            row.append(Instant(microseconds: .min))
            row.append(1.0)
          }
        }
      }
      #expect(unsendable?.code == .encoding)
      let short = await failure {
        _ = try await database.withTransaction { tx in
          try await tx.copyIn(Self.readings, 0..<10) { number, row in row.append(Int64(number)) }
        }
      }
      #expect(short?.code == .misuse)
      #expect(try await database.number("SELECT count(*) FROM reading") == 0)
      #expect(database.statistics.leased == 0)
    }
  }

  @Test("After a copy the transaction goes on")
  func continues() async throws {
    try await withReadings { database in
      try await database.withTransaction { tx in
        try await tx.script("CREATE TEMP TABLE staging (LIKE reading) ON COMMIT DROP")
        let staging = CopyStatement("staging.copy", table: "staging", columns: ["series", "time", "value"])
        try await tx.copyIn(staging, 0..<100) { number, row in
          row.append(Int64(number % 50))
          row.append(Instant(seconds: 0))
          row.append(1.0)
        }
        let move = Statement<NoRow>("staging.move", "INSERT INTO reading SELECT * FROM staging ON CONFLICT DO NOTHING")
        #expect(try await tx.execute(move) == 50)
      }
      #expect(try await database.number("SELECT count(*) FROM reading") == 50)
    }
  }

  @Test("A copy that waits for a lock can be cancelled")
  func cancelled() async throws {
    try await withReadings { database in
      let task = try await database.withTransaction { tx in
        try await tx.script("LOCK TABLE reading")
        let task: Task<RelationalError?, Never> = Task.detached {
          await failure {
            _ = try await database.withTransaction { tx in
              try await tx.copyIn(Self.readings, 0..<1_000_000) { number, row in
                row.append(Int64(number))
                row.append(Instant(seconds: 0))
                row.append(1.0)
              }
            }
          }
        }
        #expect(try await eventually { database.statistics.byStatement["reading.copy"]?.count == 1 })
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        return task
      }
      #expect(await task.value?.code == .cancelled)
      #expect(try await database.number("SELECT count(*) FROM reading") == 0)
    }
  }
}
