import Facade
import Foundation
import Kernel
import Logging
import Migration
import TestSupport

@testable import HTTPFront

/// A server on a free port over real stores, with the sample organisation and all services in it; one for all tests.
///
/// Tests share it and therefore bring people of their own; it ends with the test process.
struct RunningSite: Sendable {
  let port: Int
  /// What the server serves, for servers with other options.
  let haiju: Haiju
  /// The staff accounts with their passwords.
  let staff: [BootstrapAccount]

  /// The server; started with the first call, however many ask at once.
  static func shared() async throws -> RunningSite { try await SharedSite.instance.value() }

  /// The password of a staff account.
  func password(_ name: String) throws -> String {
    guard let account = staff.first(where: { $0.name == name }) else { throw Missing() }
    return account.password
  }

  struct Missing: Error {}

  fileprivate static func start() async throws -> RunningSite {
    let postgres = try await TestStores.postgres()
    let uri = try await postgres.freshDatabase()
    let server = try await TempDocumentServer.shared()
    let documents = server.uri().replacing("/?", with: "/\(TempDocumentServer.freshDatabase())?")
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try await HaijuSchema.withMigrator(relational: uri, documents: documents, logger: log) { _ = try await $0.apply() }
    let keyFile = try TemporaryFolder().path + "/root.key"
    try RootKey.create(file: keyFile)
    var configuration = HaijuConfiguration(
      relational: uri, documents: documents, cache: nil, keyFile: keyFile, logger: log)
    // One round is no protection and costs no time; the hash itself is tested where it is made.
    configuration.passwordRounds = 1
    let haiju = try await Haiju.open(configuration)
    let staff = try await haiju.accounts.bootstrap(as: .system("test"))
    _ = try await haiju.services.publish(folder: definitions, as: .system("test"))
    let port = try await withCheckedThrowingContinuation { ready in
      Task {
        do {
          try await serve(haiju: haiju, options: HTTPServerOptions(port: 0), logger: log) {
            ready.resume(returning: $0)
          }
        } catch {
          ready.resume(throwing: error)
        }
      }
    }
    return RunningSite(port: port, haiju: haiju, staff: staff)
  }

  /// The definitions of the repository.
  private static var definitions: String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "definitions").path()
  }
}

private actor SharedSite {
  static let instance = SharedSite()
  private var start: Task<RunningSite, any Error>?

  func value() async throws -> RunningSite {
    let task = start ?? Task { try await RunningSite.start() }
    start = task
    return try await task.value
  }
}
