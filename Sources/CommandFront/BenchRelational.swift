import ArgumentParser
import BenchmarkReports
import Foundation
import RelationalBenchmark

extension Bench {
  /// `haiju bench relational`.
  struct Relational: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The way from Swift to PostgreSQL, beside other ways on the same server and tables.",
      discussion: """
        Starts a PostgreSQL server of its own unless --uri is given. With --peers also pgbench, asyncpg and psycopg run \
        (scripts/install --peers). Exit code 1 when a goal does not hold, 69 when a peer could not be measured.
        """)

    @Flag(help: "Measure the peers, too.")
    var peers = false

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    @Option(help: "How long each measurement lasts, in seconds.")
    var seconds = RelationalBenchmarkSettings().seconds

    @Option(help: "How often each is measured; medians are reported.")
    var rounds = RelationalBenchmarkSettings().rounds

    @Option(help: "How many rows are read and copied.")
    var rows = RelationalBenchmarkSettings().rows

    @Option(help: "How many tasks read at once, for example 1,8,100,1000.")
    var tasks: String?

    @Option(help: "Only one part: point, list, slow, write or copy. May be repeated.")
    var only: [String] = []

    @Option(help: "The seed of all random keys.")
    var seed = RelationalBenchmarkSettings().seed

    @Option(help: "A database to use instead; its pgbench_* and bench_* tables are replaced.")
    var uri: String?

    @Option(help: "A file for the JSON; charts are written beside it as .svg.")
    var output: String?

    // Wrong settings are refused before a server is started.
    func validate() throws { _ = try settings() }

    func run() async throws {
      try await reportingErrors {
        let report = try await RelationalRun(settings()) { printError($0) }.run(version: HaijuVersion.current)
        try show(report)
      }
    }

    /// Writes the files, prints the report, and ends with an exit code that a script can rely on.
    private func show(_ report: BenchmarkReport) throws {
      if let output {
        let file = URL(fileURLWithPath: output)
        try (report.json() + Data("\n".utf8)).write(to: file, options: .atomic)
        let chart = file.deletingPathExtension().appendingPathExtension("svg")
        try Data(RelationalCharts(report).svg().utf8).write(to: chart, options: .atomic)
      }
      print(json ? String(decoding: try report.json(), as: UTF8.self) : report.table())
      // What could not be measured is worse than a goal that was missed: nothing is known then.
      if report.figures.contains(where: { $0.failure != nil }) { throw ExitCode.unavailable }
      if report.ratios.contains(where: { !$0.holds }) || report.figures.contains(where: { $0.errors > 0 }) {
        throw ExitCode.answerIsNo
      }
    }

    /// The options as settings; what is not said keeps the benchmark's own default.
    private func settings() throws -> RelationalBenchmarkSettings {
      var settings = RelationalBenchmarkSettings()
      (settings.peers, settings.seconds, settings.rounds, settings.rows) = (peers, seconds, rounds, rows)
      (settings.seed, settings.uri) = (seed, uri)
      // `./haiju` says where the Python environment is; see scripts/install --peers.
      settings.tools = ProcessInfo.processInfo.environment["HAIJU_TOOLS"]
      if let tasks {
        settings.tasks = try tasks.split(separator: ",").map {
          guard let count = Int($0) else { throw ValidationError("--tasks is a list like 1,8,100") }
          return count
        }
      }
      if !only.isEmpty {
        settings.parts = try Set(
          only.map {
            guard let part = RelationalBenchmarkSettings.Part(rawValue: $0) else {
              throw ValidationError("--only is point, list, slow, write or copy")
            }
            return part
          })
      }
      // Beyond these a run would measure nothing or never end.
      guard (0.05...60).contains(seconds), (1...100).contains(rounds), (1000...100_000_000).contains(rows),
        !settings.tasks.isEmpty, settings.tasks.allSatisfy({ (1...5000).contains($0) })
      else {
        throw ValidationError("--seconds is 0.05...60, --rounds 1...100, --rows 1000...100000000, --tasks 1...5000")
      }
      return settings
    }
  }
}
