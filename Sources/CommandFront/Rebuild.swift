import ArgumentParser
import Facade
import Kernel

/// `haiju rebuild`: copies made anew from their owner.
struct Rebuild: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make copies anew from their owner.", subcommands: [DossierCopy.self])

  /// `haiju rebuild dossier`.
  struct DossierCopy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dossier", abstract: "Fold dossiers anew from the log in PostgreSQL.")

    @Argument(help: "The person's id; all people when omitted.")
    var person: String?

    func run() async throws {
      try await reportingErrors {
        let id = try person.map { text in
          guard let id = PersonID(text) else { throw ValidationError("not an id: \(text)") }
          return id
        }
        try await ProgramEnvironment().withHaiju { haiju in
          print("rebuilt \(try await haiju.rebuild(id, as: .system("rebuild"))) dossiers")
        }
      }
    }
  }
}
