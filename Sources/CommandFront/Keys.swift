import ArgumentParser
import Facade

/// `haiju keys`: the root key.
struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Make the root key.", subcommands: [Create.self])

  /// `haiju keys create`.
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a new random root key in a file that only its owner can read; refuses to replace one.")

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
      try await reportingErrors { try RootKey.create(file: file) }
    }
  }
}
