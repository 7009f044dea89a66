import Foundation
import Kernel

/// A throw-away pgbouncer in front of a test's PostgreSQL, in transaction mode: each transaction may meet another server
/// connection, and named prepared statements do not survive.
public actor TempPgBouncer {
  private let folder: TemporaryFolder
  private let port: Int
  private let process: ServerProcess

  /// Starts one for all databases of `server`, with at most `poolSize` server connections for each database.
  ///
  /// Everything that a client sends in its startup packet and pgbouncer does not know is ignored, as many operators do.
  public static func start(
    for server: TempPostgres, poolSize: Int = 4, settings: [String: String] = [:]
  ) async throws -> TempPgBouncer {
    let folder = try TemporaryFolder(owner: "postgres")
    let port = try FreePort.next()
    var all = [
      "listen_addr": "127.0.0.1", "listen_port": "\(port)", "unix_socket_dir": "", "pool_mode": "transaction",
      "auth_type": "any", "default_pool_size": "\(poolSize)", "max_client_conn": "500",
      "ignore_startup_parameters": "extra_float_digits,options", "logfile": "", "pidfile": "",
      // A server that is away is tried again soon; waiting clients hear of it soon, too.
      "server_login_retry": "1", "query_wait_timeout": "20",
    ]
    all.merge(settings) { _, theirs in theirs }
    let file = folder.path + "/pgbouncer.ini"
    let text = """
      [databases]
      * = host=127.0.0.1 port=\(server.port) user=\(TempPostgres.role)
      [pgbouncer]
      \(all.map { "\($0) = \($1)" }.sorted().joined(separator: "\n"))

      """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    // It refuses to run as root, and then reads it as the owner of the folder.
    chmod(file, 0o644)
    let process = try await ServerProcess.start(
      executable: try findProgram(), arguments: [file], asUser: "postgres", workingFolder: folder.path,
      log: folder.path + "/pgbouncer.log")
    let bouncer = TempPgBouncer(folder: folder, port: port, process: process)
    try await process.waitUntilReady { ProxySockets.answers(.port(port)) }
    return bouncer
  }

  private init(folder: TemporaryFolder, port: Int, process: ServerProcess) {
    self.folder = folder
    self.port = port
    self.process = process
  }

  /// How libpq reaches a database through it.
  public nonisolated func uri(_ database: String) -> String {
    "postgresql://\(TempPostgres.role)@127.0.0.1:\(port)/\(database)"
  }

  /// Ends it at once, as its clients would see a crash.
  public func kill() async { await process.kill() }

  /// Ends it.
  public func stop() async { await process.stop() }

  private static func findProgram() throws -> String {
    for path in ["/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
    where FileManager.default.isExecutableFile(atPath: path) {
      return path
    }
    throw ServerProcess.Failure("pgbouncer is not installed")
  }
}
