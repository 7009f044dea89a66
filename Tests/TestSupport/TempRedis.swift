import Foundation
import Synchronization

/// A throw-away Redis with a password and without persistence, on a free port of 127.0.0.1.
public final class TempRedis: Sendable {
  /// The port on 127.0.0.1; the same after a restart.
  public let port: Int
  /// The password, random.
  public let password: String
  private let folder: TemporaryFolder
  private let process = Mutex<ServerProcess?>(nil)

  private init() throws {
    port = try FreePort.next()
    password = UUID().uuidString
    folder = try TemporaryFolder()
  }

  /// A server of its own, ready for connections.
  public static func start() async throws -> TempRedis {
    let server = try TempRedis()
    try await server.restart()
    return server
  }

  /// A place where nothing listens yet; `restart` brings the server up.
  public static func notStarted() throws -> TempRedis { try TempRedis() }

  /// Where to connect; another password for tests of refusal.
  public func uri(password other: String? = nil, database: Int = 0) -> String {
    "redis://:\(other ?? password)@127.0.0.1:\(port)/\(database)"
  }

  /// Starts the server, empty, on the same port.
  public func restart() async throws {
    // The password goes through a private file, since command lines can be read by everybody.
    let configuration = folder.path + "/redis.conf"
    let lines = [
      "bind 127.0.0.1", "port \(port)", "requirepass \(password)", "save \"\"", "appendonly no", "daemonize no",
      "dir \(folder.path)",
    ]
    try (lines.joined(separator: "\n") + "\n").write(toFile: configuration, atomically: true, encoding: .utf8)
    let process = try await ServerProcess.start(
      executable: "redis-server", arguments: [configuration], workingFolder: folder.path,
      log: folder.path + "/redis.log")
    self.process.withLock { $0 = process }
    try await process.waitUntilReady { accepts(port: port) }
  }

  /// Ends the server at once.
  public func kill() async { await running?.kill() }

  /// Freezes the server: connections stay open and nothing answers. Returns when all of its threads stand still.
  public func pause() async throws { try await running?.pauseCompletely() }

  /// Lets a frozen server go on.
  public func resume() { running?.resume() }

  /// Ends the server and removes its folder.
  public func stop() async {
    await running?.kill()
    folder.remove()
  }

  private var running: ServerProcess? { process.withLock { $0 } }
}
