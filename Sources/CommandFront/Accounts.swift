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

    @Option(help: "The file to append accounts and passwords to (HAIJU_ACCOUNTS_FILE).")
    var file: String?

    func run() async throws {
      try await reportingErrors {
        let environment = ProgramEnvironment()
        guard let path = file ?? environment.variables["HAIJU_ACCOUNTS_FILE"] else {
          throw ValidationError("name a file with --file or HAIJU_ACCOUNTS_FILE")
        }
        let secrets = try PrivateFile(appendingTo: path)
        try await environment.withHaiju { haiju in
          let opened = try await haiju.accounts.bootstrap(as: .system("bootstrap"))
          for account in opened { try secrets.append("\(account.role.rawValue)\t\(account.name)\t\(account.password)\n") }
          print(opened.isEmpty ? "all accounts exist already" : "opened \(opened.count) accounts, see \(path)")
        }
      }
    }
  }
}

/// A file for secrets: made readable by its owner only, before anything is in it.
struct PrivateFile {
  private let handle: FileHandle

  /// Opens or makes the file; refuses one that others can read.
  init(appendingTo path: String) throws {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw ValidationError("cannot write \(path)") }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw ValidationError("\(path) can be read by others; chmod 600 it")
    }
  }

  /// Writes a line and waits until it is on the disk.
  func append(_ line: String) throws {
    try handle.write(contentsOf: Data(line.utf8))
    try handle.synchronize()
  }
}
