import ArgumentParser
import Facade

/// `haiju definitions`: the catalogue of services as data.
struct Definitions: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Publish service definitions.", subcommands: [Publish.self])

  /// `haiju definitions publish`.
  struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check all definitions of a folder and publish those that changed; all or none.")

    @Option(help: "The folder (HAIJU_DEFINITIONS).")
    var dir: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await reportingErrors {
        let environment = ProgramEnvironment()
        let folder = dir ?? environment.variables["HAIJU_DEFINITIONS"] ?? "definitions"
        try await environment.withHaiju { haiju in
          let report = try await haiju.services.publish(folder: folder, as: .system("definitions"))
          try output.print(report) {
            "published \(report.published.count), unchanged \(report.unchanged), retired \(report.retired.count)"
          }
        }
      }
    }
  }
}
