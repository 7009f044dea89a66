import ArgumentParser
import Facade
import Foundation

/// `haiju accounts`: the first accounts of an installation.
struct Accounts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the first accounts.", subcommands: [Bootstrap.self])

  /// `haiju accounts bootstrap`.
  struct Bootstrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Open sample units, employers and staff accounts that are missing, with random passwords.",
      discussion: "Passwords are written to a file that only its owner can read, and nowhere else.")

    @Option(help: "The file to put accounts and passwords into (HAIJU_ACCOUNTS_FILE).")
    var file: String?

    func run() async throws {
      try await reportingErrors {
        let environment = ProgramEnvironment()
        guard let path = file ?? environment.variables["HAIJU_ACCOUNTS_FILE"] else {
          throw ValidationError("name a file with --file or HAIJU_ACCOUNTS_FILE")
        }
        let secrets = PrivateFile(path: path)
        try await environment.withHaiju { haiju in
          let opened = try await haiju.accounts.bootstrap(as: .system("bootstrap")) { accounts in
            try secrets.replaceLines(accounts.map { ($0.name, "\($0.role.rawValue)\t\($0.name)\t\($0.password)") })
          }
          print(opened.isEmpty ? "all accounts exist already" : "opened \(opened.count) accounts, see \(path)")
        }
      }
    }
  }
}

/// A file of accounts and passwords, `role<TAB>account<TAB>password`, readable by its owner only.
struct PrivateFile {
  let path: String

  /// Puts lines in, each in the place of the one with the same account name; the file is whole at every moment.
  func replaceLines(_ lines: [(name: String, line: String)]) throws {
    let replaced = Set(lines.map(\.name))
    let kept = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").filter { line in
      let parts = line.split(separator: "\t")
      return parts.count < 2 || !replaced.contains(String(parts[1]))
    }
    let text = ((kept ?? []).map(String.init) + lines.map(\.line)).joined(separator: "\n") + "\n"
    // Written beside its place and renamed into it; the mode is there before the first byte.
    let draft = "\(path).\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ValidationError("cannot write \(draft)") }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: Data(text.utf8))
    try handle.synchronize()
    guard rename(draft, path) == 0 else { throw ValidationError("cannot write \(path)") }
  }
}
