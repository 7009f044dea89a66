import ArgumentParser
import Facade

/// `haiju doctor`: do the stores answer.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask every store whether it answers and show what waits; exit code 69 when PostgreSQL does not.")

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingErrors {
      try await ProgramEnvironment().withHaiju { haiju in
        let report = await haiju.health.check()
        try output.print(report) {
          (report.stores.map { "\($0.isUp ? "up  " : "DOWN") \($0.title)  \($0.consequence)" }
            + ["pending dossier changes: \(report.pendingChanges.map(String.init) ?? "unknown")"])
            .joined(separator: "\n")
        }
        if !report.isReady { throw ExitCode.unavailable }
      }
    }
  }
}
