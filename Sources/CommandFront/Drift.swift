import ArgumentParser
import Facade
import Synchronization

/// `haiju drift`: people against dossiers.
struct Drift: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare people with dossiers and print every difference; exit code 1 when there are any.")

  @Flag(help: "Compare revisions only, not contents.")
  var quick = false

  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let report: DriftReport
    let differences: [DriftDifference]
  }

  func run() async throws {
    try await reportingErrors {
      try await ProgramEnvironment().withHaiju { haiju in
        let found = Mutex<[DriftDifference]>([])
        let listed = 1000
        let report = try await haiju.drift(contents: !quick, as: .system("drift")) { difference in
          found.withLock { if $0.count < listed { $0.append(difference) } }
        }
        let differences = found.withLock { $0 }
        try output.print(Result(report: report, differences: differences)) {
          (differences.map { "\($0.kind.rawValue)\t\($0.person)\tlog \($0.expected)\tdocument \($0.found)" }
            + ["people \(report.people), dossiers \(report.dossiers), differences \(report.differences)"])
            .joined(separator: "\n")
        }
        if report.differences > 0 { throw ExitCode.answerIsNo }
      }
    }
  }
}
