import Foundation
import TestSupport
import Testing

@testable import Relational

@Suite("A verified server")
struct VerifiedHostTests {
  private static let one = Statement<Int32>("verified.one", "SELECT 1")
  private static let isEncrypted = Statement<Bool>(
    "verified.encrypted", lane: .shared, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

  @Test("verify-full compares the certificate with the name that was asked for, not with the address it resolved to")
  func verified() async throws {
    let certificate = try await Certificate.make(for: "db.haiju.test")
    let server = try await TempPostgres.start(
      settings: ["ssl": "on", "ssl_cert_file": "'\(certificate.file)'", "ssl_key_file": "'\(certificate.key)'"])
    let name = try await server.newDatabase()
    func configuration(_ host: String) -> RelationalConfiguration {
      var configuration = RelationalConfiguration(
        uri: "postgresql://\(TempPostgres.role)@\(host):\(server.port)/\(name)"
          + "?sslmode=verify-full&sslrootcert=\(certificate.file)", acquireTimeout: .seconds(5))
      configuration.resolver = NameResolver { _ in ["127.0.0.1"] }
      return configuration
    }
    try await withOpen(configuration("db.haiju.test")) { (database) async throws in
      #expect(try await database.first(Self.one) == 1)
      #expect(try await database.first(Self.isEncrypted) == true)
    }
    var impatient = configuration("other.haiju.test")
    impatient.acquireTimeout = .milliseconds(500)
    let error = await failure { [impatient] in _ = try await Database.open(impatient) }
    #expect(error?.code == .unavailable && error?.message.contains("db.haiju.test") == true)
    await server.stop()
  }
}

/// A certificate that vouches for itself, in a folder that the server's user can read.
private struct Certificate {
  let folder: TemporaryFolder
  var file: String { folder.path + "/server.crt" }
  var key: String { folder.path + "/server.key" }

  static func make(for host: String) async throws -> Certificate {
    let certificate = Certificate(folder: try TemporaryFolder(owner: "postgres"))
    let log = certificate.folder.path + "/openssl.log"
    let program = try await ServerProcess.start(
      executable: "/usr/bin/openssl",
      arguments: [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(host)", "-addext",
        "subjectAltName=DNS:\(host)", "-keyout", certificate.key, "-out", certificate.file,
      ], asUser: "postgres", workingFolder: certificate.folder.path, log: log)
    while program.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    guard program.exitCode == 0 else { throw ServerProcess.Failure("no certificate: \(program.logTail())") }
    return certificate
  }
}
