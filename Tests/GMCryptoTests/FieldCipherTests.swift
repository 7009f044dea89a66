import GMCrypto
import Testing

@Suite("Field cipher and blind index")
struct FieldCipherTests {
  let provider: OpenSSLProvider
  let ring: KeyRing
  let place = "postgres.person.identity_number#0190b2c4@1"

  init() throws {
    provider = try OpenSSLProvider()
    ring = try KeyRing(root: SecretKey([UInt8](repeating: 9, count: 32)), provider: provider)
  }

  @Test("What is sealed opens in its place, at every length", arguments: [0, 1, 15, 16, 17, 18, 4096])
  func roundTrip(length: Int) throws {
    let cipher = ring.fieldCipher("person")
    let plaintext = try provider.random(length)
    let sealed = try cipher.seal(plaintext, place: place)
    #expect(sealed.count == length + FieldCipher.overhead)
    #expect(try cipher.open(sealed, place: place) == plaintext)
  }

  @Test("Every changed byte is refused")
  func tampering() throws {
    let cipher = ring.fieldCipher("person")
    let sealed = try cipher.seal(Array("11010519491231002X".utf8), place: place)
    for index in sealed.indices {
      for bit in 0..<8 {
        var bad = sealed
        bad[index] ^= 1 << bit
        #expect(throws: CryptoError.refused) { try cipher.open(bad, place: place) }
      }
    }
  }

  @Test("Every shortened, lengthened or empty value is refused")
  func lengths() throws {
    let cipher = ring.fieldCipher("person")
    let sealed = try cipher.seal(Array("13800138000".utf8), place: place)
    for count in 0..<sealed.count {
      #expect(throws: CryptoError.refused) { try cipher.open(Array(sealed.prefix(count)), place: place) }
    }
    #expect(throws: CryptoError.refused) { try cipher.open(sealed + [0], place: place) }
  }

  @Test("Another record, field, version or key is refused")
  func places() throws {
    let cipher = ring.fieldCipher("person")
    let sealed = try cipher.seal(Array("13800138000".utf8), place: place)
    let others = [
      "postgres.person.identity_number#0190b2c5@1", "postgres.person.phone#0190b2c4@1",
      "postgres.person.identity_number#0190b2c4@2", "", place + " ",
    ]
    for other in others {
      #expect(throws: CryptoError.refused) { try cipher.open(sealed, place: other) }
    }
    #expect(throws: CryptoError.refused) { try ring.fieldCipher("employer").open(sealed, place: place) }
  }

  @Test("A byte moved between place and value is noticed")
  func boundary() throws {
    let cipher = ring.fieldCipher("person")
    let sealed = try cipher.seal([1, 2, 3], place: "a")
    // The version byte is 1: if place and body were merely joined, this would be the same message.
    #expect(throws: CryptoError.refused) { try cipher.open(Array(sealed.dropFirst()), place: "a\u{1}") }
  }

  @Test("100 000 seals of one value repeat neither a nonce nor a ciphertext")
  func nonces() throws {
    let cipher = ring.fieldCipher("person")
    var nonces: Set<[UInt8]> = []
    var texts: Set<[UInt8]> = []
    for _ in 0..<100_000 {
      let sealed = try cipher.seal(Array("11010519491231002X".utf8), place: place)
      nonces.insert(Array(sealed[1..<17]))
      texts.insert(Array(sealed[17..<35]))
    }
    #expect(nonces.count == 100_000)
    #expect(texts.count == 100_000)
  }

  @Test("A blind index token is stable, and differs by value, purpose and key")
  func tokens() {
    let index = ring.blindIndex("person")
    let token = index.token("11010519491231002X", purpose: "identity")
    #expect(token.count == 32)
    #expect(ring.blindIndex("person").token("11010519491231002X", purpose: "identity") == token)
    #expect(index.token("110105194912310021", purpose: "identity") != token)
    #expect(index.token("11010519491231002X", purpose: "phone") != token)
    #expect(index.token("y11010519491231002X", purpose: "identit") != token)
    #expect(ring.blindIndex("employer").token("11010519491231002X", purpose: "identity") != token)
  }

  @Test("Sealing and opening from many tasks at once stays correct")
  func concurrency() async throws {
    let cipher = ring.fieldCipher("person")
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<16 {
        group.addTask {
          try (0..<500).allSatisfy { round in
            let text = Array("\(task)/\(round)".utf8)
            return try cipher.open(cipher.seal(text, place: "p#\(task)"), place: "p#\(task)") == text
          }
        }
      }
      for try await allOpened in group { #expect(allOpened) }
    }
  }
}
