import Foundation
import Kernel

/// A streaming standby of a `TempPostgres`, made with `pg_basebackup`, in a private folder of its own.
public actor TempReplica {
  private let folder: TemporaryFolder
  /// The TCP port on 127.0.0.1, by which SQL can tell which server answers (`inet_server_port()`).
  public nonisolated let port: Int
  private let programs: String
  private var process: ServerProcess?

  /// Copies the primary and follows it; about two seconds.
  public static func start(of primary: TempPostgres) async throws -> TempReplica {
    let replica = try TempReplica()
    try await replica.copy(await primary.uri("postgres"))
    try await replica.startAgain()
    return replica
  }

  private init() throws {
    folder = try TemporaryFolder(owner: "postgres")
    port = try FreePort.next()
    programs = try TempPostgres.findPrograms()
  }

  /// How libpq reaches a database of this server.
  public nonisolated func uri(_ database: String, over transport: TempPostgres.Transport = .tcp) -> String {
    switch transport {
    case .socket: "postgresql://\(TempPostgres.role)@/\(database)?host=\(folder.path)&port=\(port)"
    case .tcp: "postgresql://\(TempPostgres.role)@127.0.0.1:\(port)/\(database)"
    }
  }

  /// Runs SQL as the owner with psql; returns what it prints, unaligned and without headings.
  @discardableResult
  public func run(_ sql: String, in database: String = "postgres") async throws -> String {
    try await runProgram(
      "psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri(database, over: .socket), "-c", sql])
  }

  /// Stops applying what arrives from the primary, at once.
  public func pauseReplay() async throws {
    try await run("SELECT pg_wal_replay_pause()")
    while try await run("SELECT pg_get_wal_replay_pause_state()") != "paused" {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Goes on applying.
  public func resumeReplay() async throws { try await run("SELECT pg_wal_replay_resume()") }

  /// Makes it a primary; returns when it takes writes.
  public func promote() async throws { try await run("SELECT pg_promote(wait => true)") }

  /// Starts the server, again after `stop` or `kill`.
  public func startAgain() async throws {
    let server = try await ServerProcess.start(
      executable: "\(programs)/postgres", arguments: ["-D", folder.path + "/data"], asUser: "postgres",
      workingFolder: folder.path, log: folder.path + "/server.log")
    process = server
    let socket = "\(folder.path)/.s.PGSQL.\(port)"
    try await server.waitUntilReady {
      guard FileManager.default.fileExists(atPath: socket) else { return false }
      return (try? await run("SELECT 1")) != nil
    }
  }

  /// Ends the server without waiting for clients.
  public func stop() async { await process?.stop(signal: SIGINT) }

  /// Ends the server as a power cut would.
  public func kill() async { await process?.kill() }

  private func copy(_ primary: String) async throws {
    try await runProgram(
      "pg_basebackup", ["-d", primary, "-D", folder.path + "/data", "-R", "-X", "stream", "-c", "fast", "--no-sync"])
    // The last word in the file holds, so the primary's own settings need not be taken out.
    let text = """

      port = \(port)
      unix_socket_directories = '\(folder.path)'
      wal_receiver_status_interval = 1
      wal_retrieve_retry_interval = 100ms

      """
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/data/postgresql.conf"))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
  }

  @discardableResult
  private func runProgram(_ name: String, _ arguments: [String]) async throws -> String {
    let log = folder.path + "/\(name)-\(UUID().uuidString).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let program = try await ServerProcess.start(
      executable: "\(programs)/\(name)", arguments: arguments, asUser: "postgres", workingFolder: folder.path, log: log)
    while program.isRunning { try await Task.sleep(for: .milliseconds(3)) }
    guard program.exitCode == 0 else { throw ServerProcess.Failure("\(name) failed: \(program.logTail())") }
    return program.logTail(lines: 1000)
  }
}
