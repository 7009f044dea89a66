import Foundation
import GMCrypto
import Testing

@Suite("Keys and their file")
struct KeyRingTests {
  let provider: OpenSSLProvider

  init() throws { provider = try OpenSSLProvider() }

  @Test("A derived key is one block of HKDF-Expand with SM3")
  func derivation() throws {
    let root = [UInt8](0..<32)
    let key = try KeyRing(root: SecretKey(root), provider: provider).derive("audit")
    let expected = ReferenceSM3.hmac(key: root, Array("haiju/key/v1/audit".utf8) + [1])
    #expect(key.withBytes { Array($0) } == expected)
  }

  @Test("A root key shorter than 32 bytes is refused")
  func shortRoot() {
    #expect(throws: CryptoError.badKey) { try KeyRing(root: SecretKey([1, 2, 3]), provider: provider) }
  }

  @Test("A key shows its bytes in no description")
  func redaction() {
    let key = SecretKey([0xde, 0xad, 0xbe, 0xef])
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), String(describing: Optional(key)), dumped] {
      #expect(!text.contains("222") && !text.lowercased().contains("dead"))
      #expect(text.contains("4 bytes"))
    }
  }

  @Test("A created root key file is private, loads, and is never replaced")
  func rootKeyFile() throws {
    try withFolder { folder in
      let file = folder + "/root.key"
      try KeyRing.createRootKey(file: file, provider: provider)
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let first = try KeyRing.load(file: file, provider: provider).derive("x").withBytes { Array($0) }
      #expect(throws: CryptoError.keyFile("\(file): exists already")) {
        try KeyRing.createRootKey(file: file, provider: provider)
      }
      #expect(try KeyRing.load(file: file, provider: provider).derive("x").withBytes { Array($0) } == first)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["root.key"])
    }
  }

  @Test("A root key file that others may read is refused", arguments: [0o640, 0o604, 0o620, 0o666])
  func openFile(mode: Int) throws {
    try withFolder { folder in
      let file = folder + "/root.key"
      try KeyRing.createRootKey(file: file, provider: provider)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
      #expect(throws: CryptoError.keyFile("\(file): others may read or write it; chmod 600")) {
        try KeyRing.load(file: file, provider: provider)
      }
    }
  }

  @Test("A missing file, a folder and a file of anything else are refused", arguments: ["", "xyz", "00", "g"])
  func otherFiles(content: String) throws {
    try withFolder { folder in
      let file = folder + "/root.key"
      #expect(throws: CryptoError.self) { try KeyRing.load(file: file, provider: provider) }
      #expect(throws: CryptoError.keyFile("\(folder): not a regular file")) {
        try KeyRing.load(file: folder, provider: provider)
      }
      let text = content == "g" ? String(repeating: "g", count: 64) : content
      let made = FileManager.default.createFile(
        atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
      #expect(made)
      #expect(throws: CryptoError.keyFile("\(file): not 64 hexadecimal digits")) {
        try KeyRing.load(file: file, provider: provider)
      }
    }
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
}
