import Foundation
import GMCrypto
import Testing

@Suite("SM2")
struct SM2Tests {
  let provider: OpenSSLProvider

  init() throws { provider = try OpenSSLProvider() }

  /// The example of GB/T 32918.5: its key, its message, its signature.
  let scalar = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
  let point =
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    + "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
  let signature =
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    + "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

  @Test("The public key of the standard's example follows from its private key")
  func publicKey() throws {
    let key = try provider.sm2KeyPair(scalar: SecretKey(try #require(Hex.bytes(scalar))))
    #expect(Hex.text(key.publicKey.point) == point)
  }

  @Test("The signature of the standard's example verifies, and no other byte of it does")
  func exampleSignature() throws {
    let key = try SM2PublicKey(point: try #require(Hex.bytes(point)))
    let message = Array("message digest".utf8)
    let good = try #require(Hex.bytes(signature))
    #expect(try provider.sm2Verify(good, of: message, by: key, signer: SM2PublicKey.defaultSigner))
    for index in good.indices {
      var bad = good
      bad[index] ^= 1
      #expect(try !provider.sm2Verify(bad, of: message, by: key, signer: SM2PublicKey.defaultSigner))
    }
    #expect(try !provider.sm2Verify([], of: message, by: key, signer: SM2PublicKey.defaultSigner))
  }

  @Test("A signature holds for its message, key and signer only")
  func signing() throws {
    let (key, other) = (try provider.makeSM2KeyPair(), try provider.makeSM2KeyPair())
    let message = Array("人才码".utf8)
    let signature = try provider.sm2Sign(message, with: key, signer: "审核员甲")
    #expect(try provider.sm2Verify(signature, of: message, by: key.publicKey, signer: "审核员甲"))
    #expect(try !provider.sm2Verify(signature, of: message, by: key.publicKey, signer: "审核员乙"))
    #expect(try !provider.sm2Verify(signature, of: message + [0], by: key.publicKey, signer: "审核员甲"))
    #expect(try !provider.sm2Verify(signature, of: message, by: other.publicKey, signer: "审核员甲"))
    #expect(try provider.sm2Sign(message, with: key, signer: "审核员甲") != signature)
  }

  @Test("What is encrypted for a key opens with it alone, and not after a change")
  func encryption() throws {
    let (key, other) = (try provider.makeSM2KeyPair(), try provider.makeSM2KeyPair())
    let secret = Array("数据密钥 0123456789".utf8)
    let sealed = try provider.sm2Encrypt(secret, for: key.publicKey)
    #expect(try provider.sm2Decrypt(sealed, with: key) == secret)
    #expect(throws: CryptoError.refused) { try provider.sm2Decrypt(sealed, with: other) }
    #expect(throws: CryptoError.refused) { try provider.sm2Decrypt([], with: key) }
    for index in sealed.indices {
      var bad = sealed
      bad[index] ^= 0x40
      #expect(throws: CryptoError.refused) { try provider.sm2Decrypt(bad, with: key) }
    }
  }

  @Test("Scalars outside the standard's range and points off the curve are refused")
  func badKeys() throws {
    let order = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
    let last = order.dropLast(2) + "22"
    for text in [String(repeating: "0", count: 64), order, String(last), "00"] {
      let bytes = try #require(Hex.bytes(text))
      #expect(throws: CryptoError.badKey) { try provider.sm2KeyPair(scalar: SecretKey(bytes)) }
    }
    let off = try SM2PublicKey(point: try #require(Hex.bytes(String(point.dropLast(2) + "14"))))
    #expect(throws: CryptoError.badKey) { try provider.sm2Encrypt([1], for: off) }
    #expect(throws: CryptoError.badKey) { try SM2PublicKey(point: [4]) }
  }

  @Test("The openssl program verifies our signature with the same signer")
  func secondImplementation() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gm-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = try provider.makeSM2KeyPair()
    // SubjectPublicKeyInfo of an SM2 key: fixed header (id-ecPublicKey, curve 1.2.156.10197.1.301), then the point.
    let header = try #require(Hex.bytes("3059301306072a8648ce3d020106082a811ccf5501822d034200"))
    let message = Array("跨实现核对".utf8)
    try Data(header + key.publicKey.point).write(to: folder.appending(path: "key.der"))
    try Data(message).write(to: folder.appending(path: "message"))
    let signature = try provider.sm2Sign(message, with: key, signer: "haiju")
    try Data(signature).write(to: folder.appending(path: "signature"))
    func verify(signer: String) throws -> Int32 {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/openssl")
      process.currentDirectoryURL = folder
      process.arguments = [
        "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-in", "message", "-sigfile",
        "signature", "-rawin", "-digest", "sm3", "-pkeyopt", "distid:\(signer)",
      ]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    #expect(try verify(signer: "haiju") == 0)
    #expect(try verify(signer: "haijU") != 0)
  }
}
