import GMCrypto
import Kernel
import Relational

extension Accounts {
  /// Begins a session.
  ///
  /// One read, one hash, one commit. A wrong name costs as much time as a wrong password and gives the same error.
  /// Failures are counted in PostgreSQL, each in a commit of its own; the fifth in a row locks the account for half an
  /// hour, and a right password that arrives after it is refused with `.locked` too, so guessing in parallel gains
  /// nothing. Of six sessions of one account the oldest ends.
  public func signIn(name: String, password: String, as actor: Actor) async throws(HaijuError) -> SignedIn {
    var object: AuditObject?
    let credentials: Credentials
    do {
      try actor.check(.sessionOpen)
      credentials = try await verified(name: name, password: password, &object)
    } catch {
      let failure = HaijuError(error, logger: core.logger, trace: actor.trace)
      await core.recordFailure(failure, of: .sessionOpen, object, actor)
      throw failure
    }
    return try await open(credentials, as: actor)
  }

  /// Who a token belongs to.
  ///
  /// One round trip, shared with concurrent requests; once a minute a second one notes that the session is in use.
  /// `.unauthenticated` when there is no such session, when it was idle too long, is too old, or its account is disabled.
  public func actor(token: String, address: String, trace: String) async throws(HaijuError) -> Actor {
    do {
      let digest = SecretToken.digest(token, with: core.keys.provider)
      guard let session = try await core.database.find(SessionStatements.find, digest) else {
        throw HaijuError.unauthenticated
      }
      let now = core.clock.now()
      let idleEnd = session.lastSeenAt + SessionPolicy.idle(session.account.role)
      guard now < session.expiresAt, now < idleEnd else {
        _ = try await core.database.execute(SessionStatements.close, digest)
        throw HaijuError.unauthenticated
      }
      let stale = now - SessionPolicy.touchInterval
      if session.lastSeenAt < stale {
        _ = try await core.database.execute(SessionStatements.touch, digest, now, stale)
      }
      return session.account.actor(address: address, trace: trace)
    } catch {
      throw HaijuError(error, logger: core.logger, trace: trace)
    }
  }

  /// Ends a session at once, on every node; a token without a session is no error. One commit.
  public func signOut(token: String, as actor: Actor) async throws(HaijuError) {
    let digest = SecretToken.digest(token, with: core.keys.provider)
    _ = try await core.act(as: actor) { action in
      let object = AuditObject(kind: "account", id: actor.account?.description ?? "-")
      try action.begin(.sessionClose, object)
      action.write(SessionStatements.close, digest)
      action.record(.sessionClose, object)
    }
  }

  /// The credentials of a name when the password is theirs; counts the failure when it is not.
  private func verified(
    name: String, password: String, _ object: inout AuditObject?
  ) async throws -> Credentials {
    let known = try await credentials(of: name.lowercased())
    if let known {
      object = .account(known.account.id)
      if let until = known.lockedUntil, until > core.clock.now() { throw HaijuError.locked(until: until) }
    }
    // Longer passwords than the policy allows are nobody's; what is hashed stays small.
    let tried = String(password.prefix(PasswordPolicy.longest + 1))
    if try await core.verify(tried, against: known?.password), let known { return known }
    // A name that nobody has costs the same round trip; no row has the new id.
    let locked = try await countFailure(known?.account.id ?? AccountID.make())
    if known != nil, let locked { throw HaijuError.locked(until: locked) }
    throw HaijuError.wrongCredentials
  }

  /// A text that cannot be a name is nobody's, and never reaches the database.
  private func credentials(of name: String) async throws -> Credentials? {
    var input = InputCheck()
    let name = input.accountName("name", name)
    return input.faults.isEmpty ? try await core.database.first(AccountStatements.credentials, name) : nil
  }

  /// Counts a failure in a commit of its own; until when the account is locked, `nil` when it is not.
  private func countFailure(_ account: AccountID) async throws -> Instant? {
    let now = core.clock.now()
    let end = now + SessionPolicy.lockout
    let counted = try await core.database.first(
      AccountStatements.countFailure, account, now, SessionPolicy.attempts, end)
    // No row: another failure has locked the account while this password was being checked.
    return counted ?? end
  }

  private func open(_ credentials: Credentials, as actor: Actor) async throws(HaijuError) -> SignedIn {
    try await core.act(as: actor) { action in
      let object = AuditObject.account(credentials.account.id)
      try action.begin(.sessionOpen, object)
      let admitted = try await action.first(
        AccountStatements.admit, credentials.account.id, credentials.password, action.now)
      // Locked, disabled or given another password while this one was being checked.
      guard let account = admitted else {
        let present = try await action.first(AccountStatements.credentials, credentials.account.name)
        let until = present?.lockedUntil ?? action.now
        throw until > action.now ? HaijuError.locked(until: until) : HaijuError.wrongCredentials
      }
      let token = try SecretToken.make(from: core.keys.provider)
      let end = action.now + SessionPolicy.longest
      action.write(
        SessionStatements.open, SecretToken.digest(token, with: core.keys.provider), account.id, action.now, end,
        actor.address, SessionPolicy.sessionsPerAccount - 1)
      action.record(.sessionOpen, object)
      return SignedIn(token: token, account: account, expiresAt: end)
    }.value
  }
}
