import COpenSSL

/// The national algorithms as OpenSSL 3.0's default provider has them.
///
/// Algorithms are looked up once a process; a look-up costs more than digesting a short message. Values are free to copy
/// and safe to share.
public struct OpenSSLProvider: CryptoProvider {
  let algorithms: Algorithms

  /// Throws `.unavailable` when the library was built or configured without an algorithm.
  public init() throws(CryptoError) { algorithms = try Algorithms.shared.get() }

  /// SM3; about 1 µs for a short message.
  public func sm3(_ message: [UInt8]) -> SM3Digest {
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      count = EVP_Digest(message, message.count, buffer.baseAddress, nil, algorithms.sm3, nil) == 1 ? 32 : 0
    }
    precondition(digest.count == 32, "SM3 failed: out of memory")
    return SM3Digest(unchecked: digest)
  }

  /// HMAC-SM3; about 2 µs for a short message.
  public func hmacSM3(key: SecretKey, _ message: [UInt8]) -> SM3Digest {
    // A copy of the prepared context knows its digest already; setting it anew would look it up by name each time.
    let context = EVP_MAC_CTX_dup(algorithms.hmacSM3)
    defer { EVP_MAC_CTX_free(context) }
    let ready = key.withBytes { bytes in
      // An empty key is legal for HMAC, but a null pointer would mean "keep the key".
      var none: UInt8 = 0
      guard let start = bytes.baseAddress, bytes.count > 0 else { return EVP_MAC_init(context, &none, 0, nil) }
      return EVP_MAC_init(context, start.assumingMemoryBound(to: UInt8.self), bytes.count, nil)
    }
    var written = 0
    let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      guard ready == 1, EVP_MAC_update(context, message, message.count) == 1,
        EVP_MAC_final(context, buffer.baseAddress, &written, 32) == 1
      else { return }
      count = written
    }
    precondition(digest.count == 32, "HMAC-SM3 failed: out of memory")
    return SM3Digest(unchecked: digest)
  }

  /// SM4 in counter mode.
  public func sm4ctr(key: SecretKey, counter: [UInt8], _ text: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard key.count == 16 else { throw .badKey }
    guard counter.count == 16, text.count <= Int32.max else { throw .malformed }
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    let ready = key.withBytes { bytes in
      EVP_EncryptInit_ex2(
        context, algorithms.sm4ctr, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), counter, nil)
    }
    var written: Int32 = 0
    let output = [UInt8](unsafeUninitializedCapacity: text.count) { buffer, count in
      guard ready == 1,
        text.isEmpty || EVP_EncryptUpdate(context, buffer.baseAddress, &written, text, Int32(text.count)) == 1
      else { return }
      count = Int(written)
    }
    guard ready == 1, output.count == text.count else { throw .unavailable("SM4-CTR") }
    return output
  }

  /// PBKDF2; about 8 ms for 10 000 iterations.
  public func pbkdf2HMACSM3(
    password: [UInt8], salt: [UInt8], iterations: Int, count: Int
  ) throws(CryptoError) -> [UInt8] {
    guard let rounds = Int32(exactly: iterations), rounds > 0, let length = Int32(exactly: count), length > 0 else {
      throw .malformed
    }
    // An empty password has no address; the C function takes a null pointer as the empty one.
    let key = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      let done = password.withUnsafeBytes { bytes in
        PKCS5_PBKDF2_HMAC(
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), salt, Int32(salt.count),
          rounds, algorithms.sm3, length, buffer.baseAddress)
      }
      written = done == 1 ? count : 0
    }
    guard key.count == count else { throw .unavailable("PBKDF2-HMAC-SM3") }
    return key
  }

  /// Bytes of the library's generator, which seeds itself from the kernel.
  public func random(_ count: Int) throws(CryptoError) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      written = count == 0 || RAND_bytes(buffer.baseAddress, Int32(count)) == 1 ? count : 0
    }
    guard bytes.count == count else { throw .unavailable("randomness") }
    return bytes
  }
}

/// The looked-up algorithms, alive as long as the process.
// Sendable although these are pointers: OpenSSL counts references to fetched algorithms atomically and does not change
// them; the HMAC context is only ever the source of a copy.
struct Algorithms: @unchecked Sendable {
  let sm3: OpaquePointer
  let sm4ctr: OpaquePointer
  let hmacSM3: OpaquePointer

  static let shared: Result<Algorithms, CryptoError> = Result { () throws(CryptoError) in try Algorithms() }

  private init() throws(CryptoError) {
    guard let sm3 = EVP_MD_fetch(nil, "SM3", nil) else { throw .unavailable("SM3") }
    guard let sm4ctr = EVP_CIPHER_fetch(nil, "SM4-CTR", nil) else { throw .unavailable("SM4-CTR") }
    guard let context = haiju_hmac_context("SM3") else { throw .unavailable("HMAC-SM3") }
    (self.sm3, self.sm4ctr, hmacSM3) = (sm3, sm4ctr, context)
  }
}
