import Foundation

/// Passwords kept as PBKDF2-HMAC-SM3, written `pbkdf2-hmac-sm3$iterations$salt$hash` (salt and hash in hexadecimal).
///
/// Salt of 16 bytes, hash of 32. Work runs on two threads of its own, so a burst of sign-ins neither blocks the
/// cooperative pool nor takes every core; at most 256 wait, and more get `.busy` at once. A cancelled caller whose turn
/// has not come yet gives its turn up. Passwords are brought to Unicode form NFKC first, so that the same characters
/// from two input methods are the same password.
public struct PasswordHash: Sendable {
  /// Rounds for new hashes: about 30 ms of one core of the machine this was chosen on.
  public static let defaultIterations = 40_000

  private static let scheme = "pbkdf2-hmac-sm3"
  private static let hashLength = 32
  /// A stored text may not ask for more than this, or a changed row could occupy the threads for hours.
  private static let maximalIterations = 10_000_000

  private let iterations: Int
  private let salt: [UInt8]
  private let hash: [UInt8]

  /// Hashes a new password.
  public static func make(
    _ password: String, iterations: Int = defaultIterations
  ) async throws(CryptoError) -> String {
    let provider = try OpenSSLProvider()
    guard (1...maximalIterations).contains(iterations) else { throw .malformed }
    let salt = try provider.random(16)
    let hash = try await PasswordThreads.shared.derive(password, salt: salt, iterations: iterations, count: hashLength)
    return [scheme, String(iterations), Hex.text(salt), Hex.text(hash)].joined(separator: "$")
  }

  /// Whether the password is the one of a stored text; compared in constant time.
  ///
  /// `nil` stands for an account that does not exist: it costs as much as a real check and is always `false`, so the
  /// time of an answer does not tell who has an account. `.malformed` when the text is not one that `make` writes.
  public static func verify(_ password: String, against stored: String?) async throws(CryptoError) -> Bool {
    let expected = try stored.map { text throws(CryptoError) in try PasswordHash(text) } ?? .ofNobody
    let hash = try await PasswordThreads.shared.derive(
      password, salt: expected.salt, iterations: expected.iterations, count: expected.hash.count)
    return equalInConstantTime(hash, expected.hash) && stored != nil
  }

  /// Whether a stored text is weaker than what `make` would write now; the next sign-in should store a new one.
  public static func needsRenewal(_ stored: String) -> Bool {
    guard let known = try? PasswordHash(stored) else { return true }
    return known.iterations < defaultIterations
  }

  private static let ofNobody = PasswordHash(
    iterations: defaultIterations, salt: [UInt8](repeating: 0, count: 16),
    hash: [UInt8](repeating: 0, count: hashLength))

  private init(iterations: Int, salt: [UInt8], hash: [UInt8]) {
    (self.iterations, self.salt, self.hash) = (iterations, salt, hash)
  }

  private init(_ text: String) throws(CryptoError) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == Self.scheme, let iterations = Int(parts[1]),
      (1...Self.maximalIterations).contains(iterations), let salt = Hex.bytes(parts[2]), salt.count >= 16,
      let hash = Hex.bytes(parts[3]), hash.count == Self.hashLength
    else { throw .malformed }
    self.init(iterations: iterations, salt: salt, hash: hash)
  }
}
