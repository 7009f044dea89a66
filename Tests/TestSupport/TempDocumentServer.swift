import Foundation
import Kernel
import Synchronization

/// A throw-away document server with durable commits and authentication, on a free port of 127.0.0.1.
///
/// `shared()` gives one per test process; tests take a database each (`freshDatabase`). Tests that kill or freeze the
/// server start one of their own.
public final class TempDocumentServer: Sendable {
  /// The port on 127.0.0.1; the same after a restart.
  public let port: Int
  /// The user that may do everything.
  public let user = "haiju"
  /// That user's password, random.
  public let password: String
  private let folder: TemporaryFolder
  private let tools: String
  private let process = Mutex<ServerProcess?>(nil)
  private static let databases = Atomic<Int>(0)

  private init() throws {
    port = try FreePort.next()
    password = UUID().uuidString
    folder = try TemporaryFolder()
    tools = try toolsFolder()
  }

  /// The server that all tests of this process share; started with the first call.
  public static func shared() async throws -> TempDocumentServer { try await SharedServer.instance.value() }

  /// A server of its own, ready for connections.
  public static func start() async throws -> TempDocumentServer {
    let server = try TempDocumentServer()
    try await server.makeUser()
    try await server.restart()
    return server
  }

  /// Where to connect; another password for tests of refusal. `options` are further URI options.
  public func uri(password other: String? = nil, options: String = "") -> String {
    "mongodb://\(user):\(other ?? password)@127.0.0.1:\(port)/?authSource=admin"
      + (options.isEmpty ? "" : "&" + options)
  }

  /// A database name that nobody else uses.
  public static func freshDatabase() -> String {
    "test_\(databases.add(1, ordering: .relaxed).newValue)"
  }

  /// Ends the server as a power cut would; the data folder stays.
  public func kill() async { await running?.kill() }

  /// Starts the server on its data folder and port; for the first time, or after `kill` or `stop`.
  public func restart() async throws {
    let log = folder.path + "/server.log"
    let process = try await ServerProcess.start(
      executable: tools + "/bin/secantusd-py",
      arguments: [
        "--host", "127.0.0.1", "--port", "\(port)", "--storage-path", folder.path + "/data", "--sync-on-commit",
        "--auth", "--cache-size", "256M",
      ],
      workingFolder: folder.path, log: log)
    self.process.withLock { $0 = process }
    try await process.waitUntilReady { accepts(port: port) }
  }

  /// Freezes the server: connections stay open and nothing answers. Returns when all of its threads stand still.
  public func pause() async throws { try await running?.pauseCompletely() }

  /// Lets a frozen server go on.
  public func resume() { running?.resume() }

  /// Ends the server and removes its data.
  public func stop() async {
    // It closes its store in two seconds; the data is thrown away, so nothing is lost by not waiting.
    await running?.kill()
    folder.remove()
  }

  private var running: ServerProcess? { process.withLock { $0 } }

  /// Users can be made only without authentication. That happens inside one short-lived process that serves itself on a
  /// port that only it knows; the password travels through its environment.
  private func makeUser() async throws {
    let program = """
      import os, pymongo
      from secantus import SecantusDBServer
      server = SecantusDBServer(host="127.0.0.1", port=0, storage_path=os.environ["STORE"], sync_on_commit=True)
      server.start()
      client = pymongo.MongoClient(server.uri)
      client.admin.command("createUser", os.environ["NAME"], pwd=os.environ["WORD"], roles=["root"])
      client.close()
      server.stop()
      """
    let process = try await ServerProcess.start(
      executable: tools + "/bin/python", arguments: ["-c", program],
      environment: ["STORE": folder.path + "/data", "NAME": user, "WORD": password],
      workingFolder: folder.path, log: folder.path + "/user.log")
    let deadline = Deadline.after(.seconds(60))
    while process.isRunning && !deadline.hasPassed { try await Task.sleep(for: .milliseconds(20)) }
    guard !process.isRunning, process.logTail().isEmpty else {
      await process.kill()
      throw ServerProcess.Failure("the document server's user could not be made:\n\(process.logTail())")
    }
  }
}

/// One server for the whole test process, started once however many tests ask at once.
private actor SharedServer {
  static let instance = SharedServer()
  private var start: Task<TempDocumentServer, any Error>?

  func value() async throws -> TempDocumentServer {
    let task = start ?? Task { try await TempDocumentServer.start() }
    start = task
    return try await task.value
  }
}

/// The private Python environment that `./test` prepares: `HAIJU_TOOLS`, else `.haiju/tools` of the package.
private func toolsFolder(here: String = #filePath) throws -> String {
  let package = URL(fileURLWithPath: here).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let folder = ProcessInfo.processInfo.environment["HAIJU_TOOLS"] ?? package.path + "/.haiju/tools"
  guard FileManager.default.isExecutableFile(atPath: folder + "/bin/secantusd-py") else {
    throw ServerProcess.Failure("no document server in \(folder); ./test installs it, or set HAIJU_TOOLS")
  }
  return folder
}

extension ServerProcess {
  /// Freezes the child and waits for it: on a busy machine its threads may go on for a while after the signal.
  func pauseCompletely() async throws {
    pause()
    let tasks = "/proc/\(pid)/task"
    let deadline = Deadline.after(.seconds(10))
    while true {
      let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
      let isStill = threads.allSatisfy { thread in
        // The state is the first word behind the name, which stands in parentheses.
        let line = (try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)) ?? ""
        return line.split(separator: ")").last?.first { $0 != " " } == "T"
      }
      if isStill { return }
      guard !deadline.hasPassed else { throw Failure("the server could not be frozen") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// Whether something listens on a port of 127.0.0.1.
func accepts(port: Int) -> Bool {
  let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard handle >= 0 else { return false }
  defer { close(handle) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}
