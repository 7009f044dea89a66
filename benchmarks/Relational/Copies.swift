import BenchmarkReports
import Foundation
import Kernel
import Relational
import TestSupport

/// COPY into a table of readings, and what a long one does to memory.
struct Copies {
  let settings: RelationalBenchmarkSettings
  let store: BenchmarkStore
  let board: Scoreboard

  private static let copy = CopyStatement("bench.copy", table: "bench_reading", columns: ["series", "at", "value"])
  private static let firstSecond: Int64 = 1_700_000_000

  func run() async throws {
    try await store.sql("DROP TABLE IF EXISTS bench_reading")
    try await store.sql("CREATE TABLE bench_reading (series integer, at timestamptz, value float8)")
    let database = try await Database.open(RelationalConfiguration(uri: store.uri))
    let rows = settings.rows
    let memory = ResidentMemory.now
    var contenders = [
      Contender("copy/rows=\(rows)", unit: "rows/s") { try await copy(rows, into: database) }
    ]
    if settings.runs(.pgbench) {
      try await writeFile()
      contenders.append(Contender("copy/psql/rows=\(rows)", unit: "rows/s") { try await copyWithPsql() })
    }
    await board.alternate(contenders)
    try await watchMemory(database, since: memory)
    await database.close()
    try await store.sql("DROP TABLE bench_reading")
    try await store.sql("CHECKPOINT")
    guard settings.runs(.pgbench) else { return }
    await board.ratio(
      "copy vs psql \\copy binary", board.figure("copy/rows=\(rows)"), to: board.figure("copy/psql/rows=\(rows)"),
      atLeast: 0.9)
  }

  private func copy(_ count: Int, into database: Database) async throws -> Sample {
    try await empty()
    let (before, start) = (ProcessorTime.now, Monotonic.now)
    let copied = try await database.withTransaction { transaction in
      try await transaction.copyIn(Self.copy, 0..<count) { number, row in
        row.append(Int32(number % 1000))
        row.append(Instant(seconds: Self.firstSecond + Int64(number)))
        row.append(Double(number) * 0.25)
      }
    }
    guard copied == count else { throw WrongAnswer() }
    let seconds = Double(Monotonic.now - start) / 1e9
    return Sample(
      value: Double(count) / seconds, cpu: (ProcessorTime.now - before).inSeconds * 1e6 / Double(count))
  }

  // MARK: psql

  private var file: String { "\(store.folder.path)/readings.bin" }

  /// The same rows as a file, made by PostgreSQL.
  private func writeFile() async throws {
    let query = """
      SELECT n % 1000, to_timestamp(\(Self.firstSecond) + n), n * 0.25::float8 FROM generate_series(0, \(settings.rows - 1)) n
      """
    try await store.sql("\\copy (\(query)) TO '\(file)' (FORMAT binary)")
  }

  /// psql's own clock: its start and its connecting do not count.
  private func copyWithPsql() async throws -> Sample {
    try await empty()
    let outcome = try await PeerProcess.run(
      "\(store.programs)/psql",
      [
        "-X", "-v", "ON_ERROR_STOP=1", "-d", store.uri, "-c", "\\timing on",
        "-c", "\\copy bench_reading FROM '\(file)' (FORMAT binary)",
      ], in: store.folder)
    guard let word = outcome.output.split(separator: "\n").last(where: { $0.hasPrefix("Time: ") }),
      let milliseconds = word.split(separator: " ").dropFirst().first.flatMap({ Double($0) }),
      outcome.output.contains("COPY \(settings.rows)")
    else { throw PeerProcess.Failure(description: "psql printed something unknown: \(outcome.output)") }
    return Sample(
      value: Double(settings.rows) / milliseconds * 1000,
      cpu: outcome.processorTime.inSeconds * 1e6 / Double(settings.rows))
  }

  private func empty() async throws {
    try await store.sql("TRUNCATE bench_reading")
    try await store.sql("CHECKPOINT")
  }

  // MARK: Memory

  /// The most that this process grows while ten times as many rows pass through it, since before the first copy.
  private func watchMemory(_ database: Database, since before: Int) async throws {
    let count = settings.manyRows
    let watch = Task {
      var most = before
      while !Task.isCancelled {
        most = max(most, ResidentMemory.now)
        try? await Task.sleep(for: .milliseconds(20))
      }
      return most
    }
    defer { watch.cancel() }
    let name = "memory/copy/rows=\(count)"
    do {
      let sample = try await copy(count, into: database)
      watch.cancel()
      let growth = Double(max(0, await watch.value - before)) / 1_048_576
      await board.add(.init(name: "copy/rows=\(count)", value: rounded(sample.value), unit: "rows/s"))
      await board.add(.init(name: name, value: rounded(growth), unit: "MiB"))
    } catch {
      await board.add(.init(name: name, value: 0, unit: "MiB", errors: 1, failure: "\(error)"))
    }
    await board.limit("memory growth in MiB while \(count) rows are copied", board.measured(name), atMost: 64)
  }
}
