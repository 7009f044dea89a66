import Foundation
import Kernel

/// The servers that all tests of a process share, each started by the first test that asks for it.
public enum TestStores {
  private static let sharedPostgres = Task { try await TempPostgres.start() }
  private static let sharedCertificates = Task { try await TestCertificates.make() }
  private static let sharedSecurePostgres = Task { try await TempPostgres.start(tls: .good) }

  /// The process's PostgreSQL server; take a fresh database from it.
  public static func postgres() async throws -> TempPostgres { try await sharedPostgres.value }

  /// The process's PostgreSQL server that can encrypt, with a good certificate.
  public static func securePostgres() async throws -> TempPostgres { try await sharedSecurePostgres.value }

  /// The process's certificates.
  public static func certificates() async throws -> TestCertificates { try await sharedCertificates.value }
}

/// A throw-away PostgreSQL server in a private folder: fast instead of safe, reachable over a socket and 127.0.0.1.
public actor TempPostgres {
  /// How to reach a database.
  public enum Transport: Sendable {
    /// The socket in the server's private folder.
    case socket
    /// TCP on 127.0.0.1.
    case tcp
  }

  /// The role that owns everything; nobody is asked for a password.
  public static let role = "haiju"

  private let folder: TemporaryFolder
  /// The port of 127.0.0.1 that it listens on.
  public nonisolated let port: Int
  /// The folder of PostgreSQL's programs (`psql`, `pgbench`), of the same version as the server.
  public nonisolated let programs: String
  private var process: ServerProcess?
  private var paused: Set<Int32> = []
  private var databaseCount = 0
  private var templates: [String: Task<String, any Error>] = [:]

  /// Makes a cluster and starts its server; about two seconds.
  ///
  /// With `tls` its port also takes encrypted connections, with a certificate of `TestStores.certificates()`.
  public static func start(
    settings: [String: String] = [:], tls: TestCertificates.Kind? = nil
  ) async throws -> TempPostgres {
    let server = try TempPostgres()
    var settings = settings
    if let tls {
      let (certificate, key) = try await TestStores.certificates().server(tls)
      settings.merge(["ssl": "on", "ssl_cert_file": "'\(certificate)'", "ssl_key_file": "'\(key)'"]) { $1 }
    }
    try await server.initialize(settings)
    try await server.startAgain()
    return server
  }

  private init() throws {
    // initdb and postgres refuse to run as root, so the package's own user owns the folder then.
    folder = try TemporaryFolder(owner: "postgres")
    port = try FreePort.next()
    programs = try Self.findPrograms()
  }

  // MARK: Databases

  /// A new database, copied from `template` (a database that nobody is connected to) where one is given; its URI.
  public func freshDatabase(template: String? = nil, over transport: Transport = .socket) async throws -> String {
    uri(try await newDatabase(template: template), over: transport)
  }

  /// A new database like that of `freshDatabase`; its name.
  public func newDatabase(template: String? = nil) async throws -> String {
    databaseCount += 1
    let name = "test_\(databaseCount)"
    try await run("CREATE DATABASE \(name)" + (template.map { " TEMPLATE \($0)" } ?? ""))
    return name
  }

  /// The name of a template database, prepared once for each key: migrate it in `prepare`, and close all connections.
  public func template(
    _ key: String, prepare: @escaping @Sendable (_ uri: String) async throws -> Void
  ) async throws -> String {
    if let known = templates[key] { return try await known.value }
    let making = Task {
      let name = try await newDatabase()
      try await prepare(uri(name))
      return name
    }
    templates[key] = making
    return try await making.value
  }

  /// How libpq reaches a database of this server.
  public func uri(_ database: String, over transport: Transport = .socket) -> String {
    switch transport {
    case .socket: "postgresql://\(Self.role)@/\(database)?host=\(folder.path)&port=\(port)"
    case .tcp: "postgresql://\(Self.role)@127.0.0.1:\(port)/\(database)"
    }
  }

  /// A proxy in front of this server; databases are reached with `uri(_:through:)`.
  public func proxy(over transport: Transport = .tcp, seed: UInt64 = 1) throws -> FaultProxy {
    switch transport {
    case .socket: try FaultProxy(to: .socket("\(folder.path)/.s.PGSQL.\(port)"), seed: seed)
    case .tcp: try FaultProxy(to: .port(port), seed: seed)
    }
  }

  /// How libpq reaches a database of this server through a proxy.
  public nonisolated func uri(_ database: String, through proxy: FaultProxy) -> String {
    "postgresql://\(Self.role)@127.0.0.1:\(proxy.port)/\(database)"
  }

  /// How libpq reaches a database over an encrypted connection, directly or through a proxy.
  ///
  /// `authority` is a file of `TestCertificates`; `mode` is libpq's `sslmode`.
  public nonisolated func secureURI(
    _ database: String, host: String = "127.0.0.1", mode: String = "verify-full", authority: String,
    through proxy: FaultProxy? = nil
  ) -> String {
    "postgresql://\(Self.role)@\(host):\(proxy?.port ?? port)/\(database)?sslmode=\(mode)&sslrootcert=\(authority)"
  }

  /// A new database, reached through a proxy; its URI.
  public func freshDatabase(through proxy: FaultProxy) async throws -> String {
    uri(try await newDatabase(), through: proxy)
  }

  /// Runs SQL as the owner with psql; returns what it prints, unaligned and without headings.
  @discardableResult
  public func run(_ sql: String, in database: String = "postgres") async throws -> String {
    try await run(sql, at: uri(database))
  }

  /// The same on the way that a URI names, for instance through a bouncer.
  @discardableResult
  public func run(_ sql: String, at uri: String) async throws -> String {
    try await runProgram("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri, "-c", sql])
  }

  // MARK: Life

  /// Starts the server again after `stop` or `kill`, with the data as they were left.
  ///
  /// After `kill` the last of the old processes may take a moment to end; the new server refuses to start beside them.
  public func startAgain() async throws {
    let deadline = Deadline.after(.seconds(20))
    while true {
      do { return try await startOnce() } catch {
        if deadline.hasPassed { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  private func startOnce() async throws {
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

  /// Ends the server as an administrator would who does not wait for clients.
  public func stop() async { await process?.stop(signal: SIGINT) }

  /// Ends the server as a power cut would.
  public func kill() async { await process?.kill() }

  /// Freezes the process that takes connections: they are accepted by the kernel and never answered.
  public func pause() { process?.pause() }

  /// Freezes the server with all its backends: nothing answers, and nothing is closed.
  public func pauseAll() {
    process?.pause()
    for child in process?.children ?? [] where !paused.contains(child) {
      Foundation.kill(child, SIGSTOP)
      paused.insert(child)
    }
  }

  /// Lets a frozen server go on.
  public func resume() {
    // Children of a living server that were stopped by us: their numbers cannot belong to anybody else.
    let children = Set(process?.children ?? [])
    for child in paused where children.contains(child) { Foundation.kill(child, SIGCONT) }
    paused = []
    process?.resume()
  }

  // MARK: Making a cluster

  private func initialize(_ settings: [String: String]) async throws {
    try await runProgram(
      "initdb",
      [
        "-D", folder.path + "/data", "-U", Self.role, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        "--no-instructions",
      ])
    var all = [
      "port": "\(port)", "listen_addresses": "'127.0.0.1'", "unix_socket_directories": "'\(folder.path)'",
      "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
      "shared_buffers": "'64MB'", "autovacuum": "off", "log_min_messages": "fatal", "max_wal_size": "'1GB'",
    ]
    all.merge(settings) { _, theirs in theirs }
    let text = all.map { "\($0) = \($1)\n" }.sorted().joined()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/data/postgresql.conf"))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
  }

  @discardableResult
  private func runProgram(_ name: String, _ arguments: [String]) async throws -> String {
    try await ServerProcess.output(of: "\(programs)/\(name)", arguments, asUser: "postgres", folder: folder.path)
  }

  /// The newest version's programs; Debian keeps those of each version in a folder of its own.
  public static func findPrograms() throws -> String {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    let folders = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
    for folder in folders + ["/usr/local/bin", "/usr/bin"]
    where FileManager.default.isExecutableFile(atPath: folder + "/initdb") {
      return folder
    }
    throw ServerProcess.Failure("PostgreSQL is not installed: no initdb found")
  }
}
