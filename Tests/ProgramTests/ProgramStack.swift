import BenchmarkScenarios
import Foundation
import Kernel
import TestSupport

/// The built program on throw-away stores of its own, as `./run` would set it up: a role that migrates and one that may
/// only read and write rows.
final class ProgramStack: Sendable {
  let postgres: TempPostgres
  let documents: TempDocumentServer
  let redis: TempRedis
  let port: Int
  private let folder: TemporaryFolder
  private let environment: [String: String]

  /// Starts the stores; nothing is migrated yet.
  static func start() async throws -> ProgramStack {
    let postgres = try await TempPostgres.start()
    try await postgres.run("CREATE ROLE haiju_app LOGIN")
    return try await ProgramStack(postgres, TempDocumentServer.start(), TempRedis.start())
  }

  private init(_ postgres: TempPostgres, _ documents: TempDocumentServer, _ redis: TempRedis) async throws {
    self.postgres = postgres
    self.documents = documents
    self.redis = redis
    port = try FreePort.next()
    folder = try TemporaryFolder()
    let owner = try await postgres.freshDatabase()
    environment = [
      "HAIJU_PG_URI": owner.replacing("//\(TempPostgres.role)@", with: "//haiju_app@"), "HAIJU_PG_MIGRATOR_URI": owner,
      "HAIJU_MONGO_URI": documents.uri().replacing("/?", with: "/haiju?"), "HAIJU_REDIS_URI": redis.uri(),
      "HAIJU_KEY_FILE": folder.path + "/root.key", "HAIJU_ACCOUNTS_FILE": folder.path + "/accounts.txt",
      "HAIJU_DEFINITIONS": Self.root.appending(path: "definitions").path(percentEncoded: false),
      "HAIJU_HOST": "127.0.0.1", "HAIJU_PORT": "\(port)",
    ]
  }

  func stop() async {
    await redis.stop()
    await documents.stop()
    await postgres.stop()
  }

  /// Migrates, makes the key and the accounts, publishes the definitions.
  func prepare() async throws {
    for words in [
      ["migrate", "apply"], ["keys", "create", folder.path + "/root.key"], ["accounts", "bootstrap"],
      ["definitions", "publish"],
    ] {
      let ended = try await run(words)
      guard ended.code == 0 else { throw ServerProcess.Failure("haiju \(words): \(ended.output)") }
    }
  }

  /// Runs a verb to its end.
  @discardableResult
  func run(_ words: [String]) async throws -> (code: Int32?, output: String) {
    let log = folder.path + "/verb-\(UUID().uuidString).log"
    let process = try await ServerProcess.start(
      executable: Self.program, arguments: words, environment: environment, workingFolder: folder.path, log: log)
    while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    return (process.exitCode, try String(contentsOfFile: log, encoding: .utf8))
  }

  /// Starts `haiju serve` and waits until it says that it is ready.
  func serve() async throws -> ServerProcess {
    let process = try await ServerProcess.start(
      executable: Self.program, arguments: ["serve"], environment: environment, workingFolder: folder.path,
      log: folder.path + "/serve.log")
    try await process.waitUntilReady {
      let client = LoadClient(target, timeout: .seconds(2))
      let answer = try? await client.request(.get, "/health/ready")
      await client.close()
      return answer?.status == 200
    }
    return process
  }

  /// Runs another program with this stack's address and accounts, and gives what it printed.
  func runTool(_ executable: String, _ arguments: [String], more: [String: String] = [:]) async throws -> (
    code: Int32?, output: String
  ) {
    let log = folder.path + "/tool.log"
    let all = environment.merging(more) { _, new in new }.merging(["HAIJU_URL": "http://127.0.0.1:\(port)"]) { _, new in
      new
    }
    let process = try await ServerProcess.start(
      executable: executable, arguments: arguments, environment: all,
      workingFolder: Self.root.path(percentEncoded: false), log: log)
    while process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
    return (process.exitCode, try String(contentsOfFile: log, encoding: .utf8))
  }

  var target: LoadTarget { LoadTarget(port: port) }
  var accountsFile: String { folder.path + "/accounts.txt" }
  var logs: String { (try? String(contentsOfFile: folder.path + "/serve.log", encoding: .utf8)) ?? "" }

  /// The package's folder.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The program that was built together with this test.
  private static let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "haiju").path(percentEncoded: false)
}
