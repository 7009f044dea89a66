import COpenSSL

/// Secret bytes that do not print, do not encode, and are wiped when the last copy goes.
///
/// Copies of the struct share one allocation. What a caller copies out inside `withBytes` is the caller's to wipe.
public struct SecretKey: Sendable {
  private let storage: Storage

  /// Takes over the bytes; the caller's own array, if it lives on, is not wiped.
  public init(_ bytes: [UInt8]) { storage = Storage(bytes) }

  /// New random bytes from a provider.
  public static func random(_ count: Int, from provider: some CryptoProvider) throws(CryptoError) -> SecretKey {
    var bytes = try provider.random(count)
    defer { wipe(&bytes) }
    return SecretKey(bytes)
  }

  /// Number of bytes.
  public var count: Int { storage.buffer.count }

  /// Lends the bytes for the time of a call; the pointer must not escape.
  public func withBytes<T, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
  ) throws(Failure) -> T {
    // The storage must outlive the call, or its `deinit` could wipe what the body still reads.
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(storage.buffer))
  }

  // Sendable although it holds a pointer: the memory is written once in `init` and wiped in `deinit`, when nobody else
  // has a reference; between them it is only read.
  private final class Storage: @unchecked Sendable {
    let buffer: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
      buffer = .allocate(byteCount: bytes.count, alignment: 16)
      buffer.copyBytes(from: bytes)
    }

    deinit {
      // An ordinary fill before freeing may be optimised away; this call may not.
      OPENSSL_cleanse(buffer.baseAddress, buffer.count)
      buffer.deallocate()
    }
  }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Never the bytes.
  public var description: String { "SecretKey(\(count) bytes)" }
  /// Never the bytes.
  public var debugDescription: String { description }
  /// Never the bytes.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Overwrites bytes with zeros in a way that the optimiser keeps.
func wipe(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  let (left, right) = (Array(left), Array(right))
  return left.isEmpty || CRYPTO_memcmp(left, right, left.count) == 0
}
