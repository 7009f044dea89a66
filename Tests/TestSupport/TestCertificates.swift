import Foundation
import Kernel

/// Certificates for tests of encrypted connections, made by the `openssl` program when they are needed.
public struct TestCertificates: Sendable {
  /// What is right or wrong with a server's certificate.
  public enum Kind: String, Sendable, CaseIterable {
    /// For localhost and 127.0.0.1, signed by `authority`, valid for days.
    case good
    /// For another host.
    case wrongName
    /// Valid until yesterday.
    case expired
  }

  /// The file with the certificate of the authority that signed the servers' certificates.
  public let authority: String
  /// The file with the certificate of an authority that signed nothing.
  public let strangeAuthority: String
  private let folder: TemporaryFolder

  /// A server's certificate and its key.
  func server(_ kind: Kind) -> (certificate: String, key: String) {
    (folder.path + "/\(kind.rawValue).pem", folder.path + "/\(kind.rawValue).key")
  }

  /// Makes all of them; a second or two.
  public static func make() async throws -> TestCertificates {
    let folder = try TemporaryFolder(owner: "postgres")
    // Readers of the authority's file are other users than the owner, as in life.
    chmod(folder.path, 0o755)
    let certificates = TestCertificates(
      authority: folder.path + "/authority.pem", strangeAuthority: folder.path + "/strange.pem", folder: folder)
    for name in ["authority", "strange"] {
      try await certificates.openssl(
        ["req", "-x509", "-days", "3", "-out", "\(name).pem"] + newKey(name) + ["-subj", "/CN=Haiju test \(name)"])
    }
    for kind in Kind.allCases { try await certificates.makeServer(kind) }
    return certificates
  }

  private func makeServer(_ kind: Kind) async throws {
    let name = kind.rawValue
    let hosts = kind == .wrongName ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1"
    try "subjectAltName=\(hosts)\n".write(toFile: folder.path + "/\(name).ext", atomically: true, encoding: .utf8)
    chmod(folder.path + "/\(name).ext", 0o644)
    try await openssl(["req", "-out", "\(name).csr", "-subj", "/CN=Haiju test server"] + Self.newKey(name))
    try await openssl([
      "x509", "-req", "-in", "\(name).csr", "-out", "\(name).pem", "-extfile", "\(name).ext", "-CA", "authority.pem",
      "-CAkey", "authority.key", "-CAcreateserial", "-days", kind == .expired ? "-1" : "3",
    ])
  }

  /// Keys on a curve are made at once; RSA keys take a second each.
  private static func newKey(_ name: String) -> [String] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(name).key"]
  }

  /// The server's user makes the files, so that it can read its keys and nobody else can.
  private func openssl(_ arguments: [String]) async throws {
    try await ServerProcess.output(of: "openssl", arguments, asUser: "postgres", folder: folder.path)
  }
}
