/// Finds a sealed value by its exact plaintext, without the database learning the plaintext.
///
/// The token is HMAC-SM3 under a secret key; equal values give equal tokens, which is what an index needs and all that it
/// tells. Whoever calls normalises first (trims, upper-cases the last digit of an identity number): `a` and `A` differ.
public struct BlindIndex: Sendable {
  private let key: SecretKey
  private let provider: any CryptoProvider

  /// An index under a key, best one from `KeyRing.derive`.
  public init(key: SecretKey, provider: any CryptoProvider) {
    self.key = key
    self.provider = provider
  }

  /// 32 bytes for a normalised value; the same value has unrelated tokens for different purposes.
  public func token(_ normalized: String, purpose: String) -> [UInt8] {
    let purpose = Array(purpose.utf8)
    return provider.hmacSM3(key: key, lengthPrefix(purpose) + purpose + Array(normalized.utf8)).bytes
  }
}
