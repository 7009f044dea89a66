import Foundation
import Kernel
import Relational
import Testing

@testable import TimeSeries

@Suite("Monthly partitions")
struct PartitionTests {
  @Test("Many writers into months that have no partition yet all succeed", arguments: [5, 600])
  func newMonthAtOnce(count: Int) async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      for month in ["2024-03", "2024-04", "2024-05"] {
        let reports = try await withThrowingTaskGroup(of: WriteReport.self) { group in
          for writer in 0..<6 {
            group.addTask {
              // Half of the writers bring the same points, and all of them also cross into the next month.
              let points = (0..<count).map {
                Point(
                  time: Instant("\(month)-30T00:00:00Z")! + .seconds($0 * 3 * 86_400 / count),
                  sequence: Int64(writer / 2),
                  value: 1)
              }
              return try await world.write(series, points)
            }
          }
          return try await group.reduce(WriteReport(), +)
        }
        #expect(reports == WriteReport(stored: 3 * count, duplicates: 3 * count))
      }
      #expect(try await world.all(series).count == 9 * count)
      #expect(
        try await partitions(world) == ["reading_2024_03", "reading_2024_04", "reading_2024_05", "reading_2024_06"])
    }
  }

  @Test("Who comes second to a new month waits for the first to commit, and then finds the partition")
  func secondWaits() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let points = minutes(10, from: "2024-07-01T00:00:00Z")
      let blocks = Statement<Bool>(
        "test.blocks",
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
      let (made, announce) = AsyncStream.makeStream(of: Void.self)
      let reports = try await withThrowingTaskGroup(of: WriteReport.self) { group in
        group.addTask {
          try await world.database.withTransaction { tx in
            let report = try await world.store.write(series, points, in: tx)
            announce.finish()
            while try await tx.first(blocks) == false { try await Task.sleep(for: .milliseconds(10)) }
            return report
          }
        }
        group.addTask {
          for await _ in made {}
          return try await world.write(series, points)
        }
        return try await group.reduce(WriteReport(), +)
      }
      #expect(reports == WriteReport(stored: 10, duplicates: 10))
      #expect(try await partitions(world) == ["reading_2024_07"])
    }
  }

  @Test("Partitions can be made ahead, again without effect, and not for times that no point may have")
  func ahead() async throws {
    try await SeriesWorld.with { world async throws in
      let range = TimeRange("2023-12-31T00:00:00Z", "2024-02-01T00:00:00.000001Z")
      #expect(try await world.store.ensurePartitions(range, in: world.database) == [true, true, true])
      #expect(try await world.store.ensurePartitions(range, in: world.database) == [false, false, false])
      #expect(try await partitions(world) == ["reading_2023_12", "reading_2024_01", "reading_2024_02"])
      for (from, to) in [
        ("1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"), ("9999-01-01T00:00:00Z", "9999-01-02T00:00:00Z"),
      ] {
        let error = await #expect(throws: RelationalError.self) {
          try await world.store.ensurePartitions(TimeRange(from, to), in: world.database)
        }
        #expect(error?.sqlState == "22023")
      }
    }
  }

  @Test("A role that may only read and write rows gets its partition, and can create nothing else")
  func restrictedRole() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      // Roles belong to the whole server; undoing takes this one away again.
      try await undoing(world.database) { tx async throws in
        let role = "writer_\(UUID().uuidString.prefix(8).lowercased())"
        try await tx.script("CREATE ROLE \(role)")
        try await tx.script("GRANT SELECT, INSERT ON series, reading, series_quarantine TO \(role)")
        try await tx.script("GRANT EXECUTE ON FUNCTION reading_partition_ensure(date) TO \(role)")
        try await tx.script("SET LOCAL ROLE \(role)")
        let points = minutes(700, from: "2024-01-31T20:00:00Z") + [Point(time: Instant(seconds: 0), value: 1e9)]
        #expect(try await world.store.write(series, points, in: tx) == WriteReport(stored: 700, refused: 1))
        #expect(try await world.store.range(series, .ever, limit: .max, in: tx).count == 700)
        let error = await #expect(throws: RelationalError.self) {
          try await tx.savepoint { try await $0.script("CREATE TABLE public.mine (id int)") }
        }
        #expect(error?.sqlState == "42501")
      }
      #expect(try await partitions(world).isEmpty)
    }
  }

  @Test("Reading a range touches only the partitions of its months")
  func pruning() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      try await world.write(
        series, (0..<300).map { Point(time: Instant("2024-01-02T00:00:00Z")! + .seconds($0 * 86_400), value: 1) })
      #expect(try await partitions(world).count == 10)
      let (from, to) = ("timestamptz '2024-04-10Z'", "timestamptz '2024-05-02Z'")
      let queries = [
        (SeriesStatements.range.sql, "\(series), \(from), \(to), 100"),
        (SeriesStatements.rangeAfter.sql, "\(series), \(from), \(to), \(from), 5, 100"),
        (SeriesStatements.buckets.sql, "\(series), \(from), \(to), 3600000000"),
        (SeriesStatements.civilBuckets.sql, "\(series), \(from), \(to), 'day', 'Asia/Shanghai'"),
      ]
      for (sql, values) in queries {
        // Once with the values known to the planner, once with a plan made for any values, as after a few executions.
        for mode in ["force_custom_plan", "force_generic_plan"] {
          let read = try await partitionsRead(world, sql, values, mode)
          #expect(read == ["reading_2024_04", "reading_2024_05"])
        }
      }
    }
  }

  @Test("Every statement fits the migrated tables")
  func statements() async throws {
    #expect(Set(SeriesStatements.all.map(\.name)).count == SeriesStatements.all.count)
    try await SeriesWorld.with { world async throws in
      try await world.database.withTransaction { tx in
        try await tx.script(SeriesStatements.stagingCreate.sql)
        try await tx.script(SeriesStatements.stagingClear.sql)
        for (name, sql) in SeriesStatements.all where !name.contains("staging") || name == "reading.stagingExists" {
          let types = name == "reading.civilBuckets" ? "(bigint, timestamptz, timestamptz, text, text)" : ""
          try await tx.script("PREPARE \"\(name)\" \(types) AS \(sql)")
        }
      }
    }
  }

  private func partitions(_ world: SeriesWorld) async throws -> [String] {
    try await world.database.query(
      Statement<String>(
        "test.partitions",
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass ORDER BY 1"))
  }

  /// The partitions that an execution really read, by its plan.
  private func partitionsRead(
    _ world: SeriesWorld, _ sql: String, _ values: String, _ mode: String
  ) async throws -> [String] {
    let name = "pruned_\(mode)"
    let types = values.split(separator: ",").count == 5 ? "(bigint, timestamptz, timestamptz, text, text)" : ""
    let plan = try await world.database.withTransaction { tx in
      try await tx.script("SET LOCAL plan_cache_mode = \(mode)")
      try await tx.script("PREPARE \(name) \(types) AS \(sql)")
      let lines = try await tx.query(
        Statement<String>(
          "test.explain.\(mode)", "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE \(name) (\(values))"))
      try await tx.script("DEALLOCATE \(name)")
      return lines
    }
    let read = plan.filter { $0.contains(" on reading_") && !$0.contains("never executed") }
    return Set(
      read.compactMap { $0.split(separator: " ").first { $0.hasPrefix("reading_2") && !$0.hasSuffix("_pkey") } }
    )
    .map(String.init).sorted()
  }

  /// A transaction that is always rolled back.
  private func undoing(_ database: Database, _ body: @Sendable (Transaction) async throws -> Void) async throws {
    struct Undo: Error {}
    do {
      try await database.withTransaction { tx in
        try await body(tx)
        throw Undo()
      }
    } catch is Undo {}
  }
}
