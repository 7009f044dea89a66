/// Why a cryptographic operation gave no result; carries no key, password or plaintext.
public enum CryptoError: Error, Sendable, Hashable {
  /// The value was not sealed by this key for this place, or a byte of it changed. Which of them is not told.
  case refused
  /// A stored value (hash text, key text, ciphertext) does not have the form it must have.
  case malformed
  /// A key has the wrong length or is not on the curve.
  case badKey
  /// The library lacks an algorithm or its source of randomness does not answer.
  case unavailable(String)
  /// The file of the root key cannot be used; the text says why and names no content.
  case keyFile(String)
  /// Too many password checks wait already; the caller answers "try again later".
  case busy
  /// The task was cancelled before the work began.
  case cancelled
}
