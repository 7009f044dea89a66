import COpenSSL

extension OpenSSLProvider {
  /// A new key pair from the library's private randomness.
  public func makeSM2KeyPair() throws(CryptoError) -> SM2PrivateKey {
    let context = EVP_PKEY_CTX_new_from_name(nil, "SM2", nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    defer { EVP_PKEY_free(key) }
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_generate(context, &key) == 1 else { throw .unavailable("SM2") }
    var scalar: OpaquePointer?
    defer { BN_clear_free(scalar) }
    var bytes = [UInt8](repeating: 0, count: 32)
    defer { wipe(&bytes) }
    guard EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1, BN_bn2binpad(scalar, &bytes, 32) == 32
    else { throw .unavailable("SM2") }
    return try sm2KeyPair(scalar: SecretKey(bytes))
  }

  /// Derives the public point from the scalar.
  public func sm2KeyPair(scalar: SecretKey) throws(CryptoError) -> SM2PrivateKey {
    guard scalar.count == 32 else { throw .badKey }
    let group = EC_GROUP_new_by_curve_name(NID_sm2)
    let number = scalar.number()
    let point = EC_POINT_new(group)
    let limit = BN_dup(EC_GROUP_get0_order(group))
    defer {
      BN_free(limit)
      EC_POINT_free(point)
      BN_clear_free(number)
      EC_GROUP_free(group)
    }
    // The standard's range ends before order - 1: with that scalar, 1 + d has no inverse and signing is impossible.
    guard BN_sub_word(limit, 1) == 1, BN_is_zero(number) == 0, BN_cmp(number, limit) < 0,
      EC_POINT_mul(group, point, number, nil, nil, nil) == 1
    else { throw .badKey }
    var bytes = [UInt8](repeating: 0, count: 65)
    guard EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, 65, nil) == 65 else { throw .badKey }
    return SM2PrivateKey(scalar: scalar, publicKey: try SM2PublicKey(point: bytes))
  }

  /// Signs; some 0.4 ms.
  public func sm2Sign(
    _ message: [UInt8], with key: SM2PrivateKey, signer: String
  ) throws(CryptoError) -> [UInt8] {
    let signing = try SM2Signing(SM2Handle(key.publicKey, scalar: key.scalar), signer: signer)
    guard EVP_DigestSignInit_ex(signing.digest, nil, "SM3", nil, nil, signing.key.pointer, nil) == 1 else {
      throw .unavailable("SM2")
    }
    // At most 2 integers of 33 bytes with their DER headers.
    var length = 80
    var signature = [UInt8](repeating: 0, count: length)
    guard EVP_DigestSign(signing.digest, &signature, &length, message, message.count) == 1 else {
      throw .unavailable("SM2")
    }
    return Array(signature.prefix(length))
  }

  /// Verifies; some 0.4 ms.
  public func sm2Verify(
    _ signature: [UInt8], of message: [UInt8], by key: SM2PublicKey, signer: String
  ) throws(CryptoError) -> Bool {
    let signing = try SM2Signing(SM2Handle(key, scalar: nil), signer: signer)
    guard EVP_DigestVerifyInit_ex(signing.digest, nil, "SM3", nil, nil, signing.key.pointer, nil) == 1 else {
      throw .unavailable("SM2")
    }
    let answer = EVP_DigestVerify(signing.digest, signature, signature.count, message, message.count)
    // A refused signature leaves its reasons in the thread's queue, where a later caller would find them.
    ERR_clear_error()
    return answer == 1
  }

  /// Encrypts a text of at least one byte; `.malformed` for an empty one.
  public func sm2Encrypt(_ plaintext: [UInt8], for key: SM2PublicKey) throws(CryptoError) -> [UInt8] {
    // The key stream of an empty text has no length, and the library refuses it; so does this, by name.
    guard !plaintext.isEmpty else { throw .malformed }
    let handle = try SM2Handle(key, scalar: nil)
    let context = EVP_PKEY_CTX_new_from_pkey(nil, handle.pointer, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var length = 0
    guard EVP_PKEY_encrypt_init(context) == 1,
      EVP_PKEY_encrypt(context, nil, &length, plaintext, plaintext.count) == 1
    else { throw .unavailable("SM2") }
    var output = [UInt8](repeating: 0, count: length)
    guard EVP_PKEY_encrypt(context, &output, &length, plaintext, plaintext.count) == 1 else {
      throw .unavailable("SM2")
    }
    return Array(output.prefix(length))
  }

  /// Decrypts, and checks the digest inside.
  public func sm2Decrypt(_ ciphertext: [UInt8], with key: SM2PrivateKey) throws(CryptoError) -> [UInt8] {
    let handle = try SM2Handle(key.publicKey, scalar: key.scalar)
    let context = EVP_PKEY_CTX_new_from_pkey(nil, handle.pointer, nil)
    defer {
      EVP_PKEY_CTX_free(context)
      ERR_clear_error()
    }
    guard EVP_PKEY_decrypt_init(context) == 1 else { throw .unavailable("SM2") }
    // The plaintext is shorter than the ciphertext, so its length is room enough.
    var length = ciphertext.count
    var output = [UInt8](repeating: 0, count: max(length, 1))
    guard !ciphertext.isEmpty, EVP_PKEY_decrypt(context, &output, &length, ciphertext, ciphertext.count) == 1 else {
      throw .refused
    }
    return Array(output.prefix(length))
  }
}

/// An SM2 key as OpenSSL holds it, freed with this object.
private final class SM2Handle {
  let pointer: OpaquePointer

  init(_ key: SM2PublicKey, scalar: SecretKey?) throws(CryptoError) {
    let number = scalar?.number()
    defer { BN_clear_free(number) }
    // Importing decodes the point, which fails for one that is not on the curve.
    guard let made = haiju_sm2_key(key.point, key.point.count, number) else {
      ERR_clear_error()
      throw .badKey
    }
    pointer = made
  }

  deinit { EVP_PKEY_free(pointer) }
}

/// A digest context bound to a key and to the name of the signer, which SM2 hashes before the message.
private final class SM2Signing {
  let key: SM2Handle
  let digest: OpaquePointer
  private let context: OpaquePointer

  init(_ key: SM2Handle, signer: String) throws(CryptoError) {
    guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { throw .unavailable("SM2") }
    guard let digest = EVP_MD_CTX_new() else {
      EVP_PKEY_CTX_free(context)
      throw .unavailable("SM2")
    }
    let name = Array(signer.utf8)
    let named = EVP_PKEY_CTX_set1_id(context, name, Int32(name.count)) == 1
    EVP_MD_CTX_set_pkey_ctx(digest, context)
    (self.key, self.digest, self.context) = (key, digest, context)
    guard named else { throw .malformed }
  }

  deinit {
    EVP_MD_CTX_free(digest)
    EVP_PKEY_CTX_free(context)
  }
}

extension SecretKey {
  /// The bytes as a big-endian number; the caller frees it.
  fileprivate func number() -> OpaquePointer? {
    withBytes { BN_bin2bn($0.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32($0.count), nil) }
  }
}
