/// All keys of an installation, derived from one root key by the purpose they serve.
///
/// `derive(p)` is HMAC-SM3(root, "haiju/key/v1/" ‖ p ‖ 01): one block of HKDF-Expand (RFC 5869, section 2.3) with SM3.
/// Knowing the key of one purpose tells nothing about another's or about the root.
public struct KeyRing: Sendable {
  /// The provider that the keys are used with.
  public let provider: any CryptoProvider
  private let root: SecretKey

  /// From a root key of at least 32 bytes.
  public init(root: SecretKey, provider: any CryptoProvider) throws(CryptoError) {
    guard root.count >= 32 else { throw .badKey }
    self.root = root
    self.provider = provider
  }

  /// The key of a purpose, 32 bytes; the same purpose gives the same key for ever.
  public func derive(_ purpose: String) -> SecretKey {
    SecretKey(provider.hmacSM3(key: root, Array("haiju/key/v1/\(purpose)".utf8) + [1]).bytes)
  }

  /// A cipher for fields, under the key of a purpose.
  public func fieldCipher(_ purpose: String) -> FieldCipher {
    FieldCipher(key: derive("field/\(purpose)"), provider: provider)
  }

  /// A blind index under the key of a purpose.
  public func blindIndex(_ purpose: String) -> BlindIndex {
    BlindIndex(key: derive("blind/\(purpose)"), provider: provider)
  }
}
