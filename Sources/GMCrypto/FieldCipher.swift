/// Seals single fields so that they stay secret, unchanged, and in their place.
///
/// SM4-CTR for secrecy, then HMAC-SM3 over all of it (encrypt-then-MAC), with two keys derived from the given one.
/// Form: version (1) ‖ nonce (16) ‖ ciphertext ‖ tag (32); 49 bytes longer than the plaintext. The nonce is random for
/// each value, so equal plaintexts look different; look-ups need a `BlindIndex`. The place is authenticated, not stored:
/// a sealed value that is moved to another record, field or version does not open there.
public struct FieldCipher: Sendable {
  private let provider: any CryptoProvider
  private let cipherKey: SecretKey
  private let tagKey: SecretKey

  private static let version: UInt8 = 1
  private static let nonceLength = 16
  private static let tagLength = 32

  /// How many bytes a sealed value has more than its plaintext.
  public static let overhead = 1 + nonceLength + tagLength

  /// A cipher under a key of any length, best one from `KeyRing.derive`.
  public init(key: SecretKey, provider: any CryptoProvider) {
    self.provider = provider
    cipherKey = SecretKey(Array(provider.hmacSM3(key: key, Array("haiju/field/sm4-ctr".utf8)).bytes.prefix(16)))
    tagKey = SecretKey(provider.hmacSM3(key: key, Array("haiju/field/hmac-sm3".utf8)).bytes)
  }

  /// Seals a value for its place, written `store.table.field#record@version`.
  ///
  /// Cost: a few microseconds for a short field. Throws `.unavailable` when there is no randomness.
  public func seal(_ plaintext: [UInt8], place: String) throws(CryptoError) -> [UInt8] {
    let nonce = try provider.random(Self.nonceLength)
    let body = [Self.version] + nonce + (try provider.sm4ctr(key: cipherKey, counter: nonce, plaintext))
    return body + tag(body[...], place: place)
  }

  /// The plaintext; `.refused` when any byte differs from what was sealed for this very place.
  ///
  /// The tag is compared before anything is decrypted, in constant time.
  public func open(_ sealed: [UInt8], place: String) throws(CryptoError) -> [UInt8] {
    guard sealed.count >= Self.overhead, sealed[0] == Self.version else { throw .refused }
    let body = sealed.dropLast(Self.tagLength)
    guard equalInConstantTime(tag(body, place: place), sealed.suffix(Self.tagLength)) else { throw .refused }
    let nonce = Array(body[1..<1 + Self.nonceLength])
    return try provider.sm4ctr(key: cipherKey, counter: nonce, Array(body.dropFirst(1 + Self.nonceLength)))
  }

  private func tag(_ body: ArraySlice<UInt8>, place: String) -> [UInt8] {
    // The length of the place goes first, so no other split into place and body gives the same message.
    let place = Array(place.utf8)
    var message = lengthPrefix(place)
    message.reserveCapacity(8 + place.count + body.count)
    message += place
    message += body
    return provider.hmacSM3(key: tagKey, message).bytes
  }
}

/// The length of a part as 8 big-endian bytes.
func lengthPrefix(_ part: [UInt8]) -> [UInt8] {
  withUnsafeBytes(of: UInt64(part.count).bigEndian) { Array($0) }
}
