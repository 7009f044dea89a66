import ArgumentParser
import BenchmarkReports
import BenchmarkScenarios
import Foundation

/// `haiju bench`: load against a running program, or one engine beside its peers.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a running program under load, or one engine beside its peers.",
    subcommands: [Users.self, Relational.self])

  /// `haiju bench users`.
  struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Users who do the journey's reads and writes over HTTP, without pause.",
      discussion: """
        Prints throughput, p50, p95, p99 and errors of each operation. The users register as new people marked by name; use it on \
        a stack made for that. Exit code 1 when any operation failed or took more than five seconds (PERF-4).
        """)

    @Option(help: "How many users at once.")
    var users = 100

    @Option(help: "How long, in seconds.")
    var seconds = 30

    @Option(help: "The seed of the users' choices.")
    var seed: UInt64 = 1

    @Option(help: "The port of the program (HAIJU_PORT).")
    var port: Int?

    @Option(help: "The file with staff accounts (HAIJU_ACCOUNTS_FILE).")
    var accounts: String?

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
      guard (1...2000).contains(users), (1...3600).contains(seconds) else {
        throw ValidationError("--users must be 1...2000 and --seconds 1...3600")
      }
    }

    func run() async throws {
      let variables = ProcessInfo.processInfo.environment
      guard let file = accounts ?? variables["HAIJU_ACCOUNTS_FILE"] else {
        throw ValidationError("name the accounts file with --accounts or HAIJU_ACCOUNTS_FILE")
      }
      let target = LoadTarget(port: port ?? variables["HAIJU_PORT"].flatMap(Int.init) ?? 8080)
      let journey: JourneyScenario
      do {
        journey = try await JourneyScenario(against: target, accounts: file)
      } catch let error as LoadFailure {
        printError("haiju: the staff cannot sign in at \(target.host):\(target.port): \(error.kind)")
        throw ExitCode.unavailable
      }
      let settings = LoadRun.Settings(users: users, duration: .seconds(seconds), seed: seed)
      let outcome = await LoadRun(journey.scenario, against: target, settings: settings).run()
      let slowest = outcome.figures.compactMap(\.p99).max() ?? 0
      let failures = outcome.figures.reduce(0) { $0 + $1.errors }
      let report = BenchmarkReport(
        bench: "users", version: HaijuVersion.current, outcome: outcome,
        ratios: [
          .atMost(5, "slowest p99 in seconds (PERF-4)", Double(slowest) / 1_000_000),
          .atMost(0, "failed operations", Double(failures)),
        ])
      print(json ? String(decoding: try report.json(), as: UTF8.self) : report.table())
      for failure in outcome.failures { printError("\(failure.operation): \(failure.kind): \(failure.count)") }
      if report.ratios.contains(where: { !$0.holds }) { throw ExitCode.answerIsNo }
    }
  }
}
