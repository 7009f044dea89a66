import Foundation
import TestSupport

/// The PostgreSQL server that ours and the peers share, filled with pgbench's tables.
struct BenchmarkStore: Sendable {
  /// How the server is reached.
  enum Transport: String, Sendable {
    case socket, tcp, given
  }

  /// The ways that this server offers, the fastest first.
  let uris: [(transport: Transport, uri: String)]
  /// The folder of `psql` and `pgbench`.
  let programs: String
  /// For scripts and data of the peers, removed at the end.
  let folder: TemporaryFolder
  private let server: TempPostgres?

  /// The way used where only one is measured.
  var uri: String { uris[0].uri }

  /// A server of our own unless a URI is given.
  ///
  /// It is as durable as a production server, so that writes pay for their commits; and it takes a thousand clients.
  static func open(uri: String?) async throws -> BenchmarkStore {
    let folder = try TemporaryFolder()
    if let uri {
      return try BenchmarkStore(
        uris: [(.given, uri)], programs: TempPostgres.findPrograms(), folder: folder, server: nil)
    }
    let server = try await TempPostgres.start(settings: [
      "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "'512MB'",
      "max_connections": "1100", "max_wal_size": "'4GB'", "checkpoint_timeout": "'30min'",
    ])
    try await server.run("CREATE DATABASE bench")
    return BenchmarkStore(
      uris: [
        (.socket, await server.uri("bench")), (.tcp, await server.uri("bench", over: .tcp)),
      ], programs: server.programs, folder: folder, server: server)
  }

  /// Makes pgbench's tables, so that all read the same.
  func fill(scale: Int) async throws {
    try await PeerProcess.run("\(programs)/pgbench", ["-i", "-q", "-s", "\(scale)", uri], in: folder)
    try await sql("CHECKPOINT")
  }

  /// Runs SQL with psql; returns what it prints, unaligned and without headings.
  @discardableResult
  func sql(_ text: String) async throws -> String {
    let options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri, "-c", text]
    return try await PeerProcess.run("\(programs)/psql", options, in: folder).output
  }

  /// Settings of the server that the figures depend on.
  func facts() async throws -> [String: String] {
    var facts: [String: String] = [:]
    for name in ["server_version", "shared_buffers", "fsync", "synchronous_commit", "max_connections"] {
      facts["postgresql_\(name)"] = try await sql("SHOW \(name)")
    }
    return facts
  }

  /// Ends a server of our own; its data go away with this process.
  func close() async {
    await server?.stop()
    folder.remove()
  }
}
