/// The Chinese national algorithms that Haiju needs, behind one seam so that a certified module can take OpenSSL's place.
///
/// Digests and HMACs do not throw: on memory that exists they cannot fail, and a provider that could lose its hardware
/// must stop the program rather than return a wrong digest. Everything is synchronous and CPU-bound; only `pbkdf2HMACSM3`
/// is slow enough to need a thread of its own (see `PasswordHash`).
public protocol CryptoProvider: Sendable {
  /// SM3 of a message. Standard: GB/T 32905.
  func sm3(_ message: [UInt8]) -> SM3Digest

  /// HMAC-SM3 of a message under a key of any length. Standard: GM/T 0042, RFC 2104.
  func hmacSM3(key: SecretKey, _ message: [UInt8]) -> SM3Digest

  /// SM4 in counter mode, the same operation both ways. Standard: GB/T 32907, GB/T 17964.
  ///
  /// `counter` is the 16-byte first counter block; a pair of key and counter must never be used for two texts.
  /// Throws `.badKey` unless the key has 16 bytes and `.malformed` unless the counter has.
  func sm4ctr(key: SecretKey, counter: [UInt8], _ text: [UInt8]) throws(CryptoError) -> [UInt8]

  /// A key of `count` bytes from a password; cost is linear in `iterations`.
  func pbkdf2HMACSM3(
    password: [UInt8], salt: [UInt8], iterations: Int, count: Int
  ) throws(CryptoError) -> [UInt8]

  /// Unpredictable bytes.
  func random(_ count: Int) throws(CryptoError) -> [UInt8]

  /// A new SM2 key pair. Standard: GB/T 32918, curve of part 5.
  func makeSM2KeyPair() throws(CryptoError) -> SM2PrivateKey

  /// The SM2 key pair of a 32-byte scalar; `.badKey` when the scalar is not in 1..<order-1.
  func sm2KeyPair(scalar: SecretKey) throws(CryptoError) -> SM2PrivateKey

  /// A signature over a message in the name of `signer` (the user id that the standard hashes in), in DER.
  func sm2Sign(_ message: [UInt8], with key: SM2PrivateKey, signer: String) throws(CryptoError) -> [UInt8]

  /// Whether a DER signature is that of the message by this key in this name; anything malformed is `false`.
  func sm2Verify(
    _ signature: [UInt8], of message: [UInt8], by key: SM2PublicKey, signer: String
  ) throws(CryptoError) -> Bool

  /// A text that only the holder of the private key reads, in DER (C1, C3, C2). For short texts: keys.
  func sm2Encrypt(_ plaintext: [UInt8], for key: SM2PublicKey) throws(CryptoError) -> [UInt8]

  /// The plaintext; `.refused` when the text was changed or meant for another key.
  func sm2Decrypt(_ ciphertext: [UInt8], with key: SM2PrivateKey) throws(CryptoError) -> [UInt8]
}

/// The public half of an SM2 key: a point of the curve.
public struct SM2PublicKey: Sendable, Hashable {
  /// `04 ‖ x ‖ y`, 65 bytes.
  public let point: [UInt8]

  /// From the uncompressed form; `.badKey` on a wrong length or first byte. Being on the curve is checked at use.
  public init(point: [UInt8]) throws(CryptoError) {
    guard point.count == 65, point[0] == 4 else { throw .badKey }
    self.point = point
  }

  /// The user id that the standard names when parties have agreed on none.
  public static let defaultSigner = "1234567812345678"
}

/// An SM2 key pair.
public struct SM2PrivateKey: Sendable {
  /// The secret scalar, 32 bytes, big endian.
  public let scalar: SecretKey
  /// The public half.
  public let publicKey: SM2PublicKey

  /// For providers: both halves, which must belong together.
  public init(scalar: SecretKey, publicKey: SM2PublicKey) {
    self.scalar = scalar
    self.publicKey = publicKey
  }
}
