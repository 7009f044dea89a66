import GMCrypto
import Testing

/// The worked examples of the standards, and agreement with a second implementation where they have none.
@Suite("Standard vectors")
struct StandardVectorTests {
  let provider: OpenSSLProvider

  init() throws { provider = try OpenSSLProvider() }

  @Test("SM3 gives both digests that GB/T 32905 prints")
  func sm3() {
    #expect(
      provider.sm3(Array("abc".utf8)).hex == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
    #expect(
      provider.sm3(Array(String(repeating: "abcd", count: 16).utf8)).hex
        == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
  }

  @Test("SM3 and HMAC-SM3 agree with a second implementation at every length around the block size")
  func agreement() {
    for length in [0, 1, 31, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000] {
      let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
      #expect(provider.sm3(message).bytes == ReferenceSM3.digest(message))
      #expect(provider.hmacSM3(key: SecretKey(message), message).bytes == ReferenceSM3.hmac(key: message, message))
    }
  }

  @Test("HMAC-SM3 gives the published tags")
  func hmacSM3() {
    let text = String(repeating: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", count: 2)
    #expect(
      provider.hmacSM3(key: SecretKey(Array(1...32)), Array(text.utf8)).hex
        == "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a")
    #expect(
      provider.hmacSM3(key: SecretKey(Array("Jefe".utf8)), Array("what do ya want for nothing?".utf8)).hex
        == "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882")
  }

  // In counter mode the first block of a text of zeros is the encrypted counter: the block cipher itself.
  @Test("SM4 encrypts the block of GB/T 32907, once and a million times over")
  func sm4Block() throws {
    let key = SecretKey(try #require(Hex.bytes("0123456789abcdeffedcba9876543210")))
    var block = try #require(Hex.bytes("0123456789abcdeffedcba9876543210"))
    let zeros = [UInt8](repeating: 0, count: 16)
    block = try provider.sm4ctr(key: key, counter: block, zeros)
    #expect(Hex.text(block) == "681edf34d206965e86b3e94f536e4246")
    for _ in 1..<1_000_000 { block = try provider.sm4ctr(key: key, counter: block, zeros) }
    #expect(Hex.text(block) == "595298c7c6fd271f0402f804c33d3f66")
  }

  @Test("SM4-CTR gives the published ciphertext and undoes itself")
  func sm4Counter() throws {
    let key = SecretKey(try #require(Hex.bytes("0123456789abcdeffedcba9876543210")))
    let counter = Array(UInt8(0)...15)
    let plaintext = [0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0xaa, 0xbb].flatMap { [UInt8](repeating: $0, count: 8) }
    let ciphertext = try provider.sm4ctr(key: key, counter: counter, plaintext)
    let published =
      "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
      + "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"
    #expect(Hex.text(ciphertext) == published)
    #expect(try provider.sm4ctr(key: key, counter: counter, ciphertext) == plaintext)
  }

  @Test("The counter of SM4-CTR carries through all sixteen bytes")
  func counterCarries() throws {
    let key = SecretKey([UInt8](repeating: 7, count: 16))
    let zeros = [UInt8](repeating: 0, count: 16)
    let text = try provider.sm4ctr(key: key, counter: [UInt8](repeating: 0xff, count: 16), zeros + zeros)
    #expect(Array(text[16...]) == (try provider.sm4ctr(key: key, counter: zeros, zeros)))
  }

  @Test("SM4-CTR refuses a key or counter of another length")
  func lengths() {
    #expect(throws: CryptoError.badKey) {
      try provider.sm4ctr(key: SecretKey([1]), counter: [UInt8](repeating: 0, count: 16), [1])
    }
    #expect(throws: CryptoError.malformed) {
      try provider.sm4ctr(key: SecretKey([UInt8](repeating: 0, count: 16)), counter: [1], [1])
    }
  }

  @Test(
    "PBKDF2-HMAC-SM3 agrees with a second implementation",
    arguments: [("password", "salt", 1, 32), ("密码", "0123456789abcdef", 37, 80), ("", "s", 3, 16)])
  func pbkdf2(password: String, salt: String, iterations: Int, count: Int) throws {
    let key = try provider.pbkdf2HMACSM3(
      password: Array(password.utf8), salt: Array(salt.utf8), iterations: iterations, count: count)
    let expected = ReferenceSM3.pbkdf2(
      password: Array(password.utf8), salt: Array(salt.utf8), iterations: iterations, count: count)
    #expect(key == expected)
  }
}
