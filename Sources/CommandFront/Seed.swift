import ArgumentParser
import Facade

/// `haiju seed`: sample people, the same for the same seed.
struct Seed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate sample people, dossiers, certifications and cases; marked as sample data everywhere.",
    discussion: "The same seed gives the same people; running again adds nothing.")

  @Option(help: "How many people.")
  var people = 1000

  @Option(help: "The seed.")
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1_000_000).contains(people) else { throw ValidationError("--people must be 1...1000000") }
  }

  func run() async throws {
    try await reportingErrors {
      let bar = ProgressBar("示例数据")
      try await ProgramEnvironment().withHaiju { haiju in
        let report = try await haiju.seed(
          SeedPlan(people: people, seed: seed), progress: { bar.show($0.done, of: $0.total) }, as: .system("seed"))
        try output.print(report) {
          "added \(report.added) people, \(report.certified) of them certified; \(report.existing) were there (seed \(seed))"
        }
      }
    }
  }
}
