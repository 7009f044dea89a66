import GMCrypto
import Kernel
import Relational

extension Accounts {
  /// A token for one form of one holder (a session's or a visitor's secret), good once and for two hours.
  ///
  /// Nothing is stored before it is used: it is `nonce ‖ expiry ‖ HMAC-SM3(nonce ‖ expiry ‖ holder)` in base64url.
  public func formToken(holder: String) -> String {
    FormToken(key: core.keys.derive("form-token"), provider: core.keys.provider)
      .make(holder: holder, now: core.clock.now())
  }

  /// Spends a form's token; one round trip.
  ///
  /// `.refused` with `form_token` when it is not the holder's, `form_expired`, or `form_used` when it was spent already,
  /// also when two uses meet: exactly one succeeds. A refusal leaves a record.
  public func useFormToken(_ token: String, holder: String, as actor: Actor) async throws(HaijuError) {
    _ = try await core.read(.requestParse, AuditObject(kind: "form", id: "-"), as: actor) {
      let now = core.clock.now()
      let tokens = FormToken(key: core.keys.derive("form-token"), provider: core.keys.provider)
      try tokens.check(token, holder: holder, now: now)
      return try await core.database.execute(
        SessionStatements.spendFormToken, SecretToken.digest(token, with: core.keys.provider), now,
        now - FormToken.life - FormToken.life)
    }
  }
}

/// Makes and checks form tokens; pure but for the nonce.
struct FormToken {
  static let life = Duration.seconds(2 * 3600)

  let key: SecretKey
  let provider: any CryptoProvider

  func make(holder: String, now: Instant) -> String {
    var random = SystemRandomNumberGenerator()
    let head = bytes(random.next()) + bytes(random.next()) + bytes(UInt64(bitPattern: (now + Self.life).microseconds))
    return SecretToken.encode(head + seal(head, holder).bytes)
  }

  func check(_ token: String, holder: String, now: Instant) throws(HaijuError) {
    guard let parts = SecretToken.decode(token), parts.count == 24 + 32, let given = SM3Digest(Array(parts[24...])),
      given == seal(Array(parts[..<24]), holder), SecretToken.encode(parts) == token
    else { throw .refused(code: "form_token", message: "表单已失效，请刷新页面后重试") }
    let expiry = parts[16..<24].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard now.microseconds < Int64(bitPattern: expiry) else {
      throw .refused(code: "form_expired", message: "表单停留时间过长，请刷新页面后重试")
    }
  }

  // The head has a fixed length, so where it ends and the holder begins is never in doubt.
  private func seal(_ head: [UInt8], _ holder: String) -> SM3Digest {
    provider.hmacSM3(key: key, head + Array(holder.utf8))
  }

  private func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
