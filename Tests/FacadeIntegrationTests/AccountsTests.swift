import Facade
import Foundation
import Kernel
import Testing

@Suite struct AccountsTests {
  private func password(_ world: World, _ name: String) throws -> String {
    try #require(world.staff.first { $0.name == name }).password
  }

  private func signIn(_ world: World, _ name: String) async throws -> SignedIn {
    try await world.haiju.accounts.signIn(name: name, password: password(world, name), as: world.visitor)
  }

  private func actor(_ world: World, _ token: String) async throws(HaijuError) -> Actor {
    try await world.haiju.accounts.actor(token: token, address: "203.0.113.9", trace: "t")
  }

  @Test("Who signs in is known by the token, with role and place; the table holds only its digest")
  func signIn() async throws {
    try await World.with { world in
      let session = try await signIn(world, "officer1")
      #expect(session.token.utf8.count == 43)
      #expect(session.expiresAt == world.clock.now() + .seconds(8 * 3600))
      let actor = try await actor(world, session.token)
      #expect(actor.role == .employerOfficer)
      #expect(actor.account == session.account.id)
      #expect(actor.employer == session.account.employer)
      #expect(actor.address == "203.0.113.9")
      let digests = try await world.number("SELECT count(*) FROM session WHERE length(token_digest) = 32")
      #expect(digests == 1)
      #expect(
        try await world.number("SELECT count(*) FROM session s WHERE s::text LIKE '%' || $1 || '%'", session.token) == 0
      )
      #expect(try await world.audited(.sessionOpen, .done) == 1)
    }
  }

  @Test("A wrong password, a wrong name and a disabled account get the same answer, each on record")
  func wrongCredentials() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      #expect(
        await failure {
          try await accounts.signIn(name: "officer1", password: "Wrong-pass-1", as: world.visitor)
        } == .wrongCredentials)
      #expect(
        await failure {
          try await accounts.signIn(name: "nobody", password: "Wrong-pass-1", as: world.visitor)
        } == .wrongCredentials)
      _ = try await world.number("UPDATE account SET enabled = false WHERE name = 'officer2' RETURNING 1::bigint")
      #expect(await failure { try await signIn(world, "officer2") } == .wrongCredentials)
      #expect(try await world.audited(.sessionOpen, .refused, reason: "wrong_credentials") == 3)
      #expect(try await world.number("SELECT count(*) FROM audit_entry a WHERE a::text LIKE '%Wrong-pass%'") == 0)
    }
  }

  @Test(
    "Texts that no account can be named get the same answer",
    arguments: ["", "\u{0}", "a\u{0}b", "{\"$ne\": 1}", "管理员"])
  func strangeNames(_ name: String) async throws {
    try await World.with { world in
      #expect(
        await failure { try await world.haiju.accounts.signIn(name: name, password: "x\u{0}", as: world.visitor) }
          == .wrongCredentials)
      #expect(
        await failure {
          try await world.haiju.accounts.list(page: PageRequest(after: name), as: world.actor("secadmin"))
        }?
        .code == "invalid.cursor")
    }
  }

  @Test("MLPS-ID-4: a name that nobody has costs as much time as a wrong password")
  func equalTime() async throws {
    let world = try await World.open { $0.passwordRounds = 60_000 }
    let unit = try #require(try await world.haiju.accounts.units(as: world.actor("secadmin")).first)
    let draft = StaffDraft(name: "slow", displayName: "慢", role: .reviewer, unit: unit.id, password: "Blue7-river")
    _ = try await world.haiju.accounts.openStaff(draft, as: world.actor("secadmin"))
    func cost(of name: String) async -> Duration {
      let start = ContinuousClock.now
      #expect(
        await failure { try await world.haiju.accounts.signIn(name: name, password: "wrong", as: world.visitor) }
          == .wrongCredentials)
      return ContinuousClock.now - start
    }
    // The best of several, in turns: what else the machine does can only add to it. A fifth failure would lock.
    var (known, unknown) = (Duration.seconds(60), Duration.seconds(60))
    for _ in 0..<4 {
      known = min(known, await cost(of: "slow"))
      unknown = min(unknown, await cost(of: "nobody"))
    }
    #expect(known / unknown > 0.5 && unknown / known > 0.5, "\(known) against \(unknown)")
    await world.close()
  }

  @Test("MLPS-ID-5: five failures lock the account for half an hour, also for the right password")
  func lockout() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      var answers: [HaijuError?] = []
      for _ in 0..<5 {
        answers.append(
          await failure {
            try await accounts.signIn(name: "officer1", password: "Wrong-pass-1", as: world.visitor)
          })
      }
      let end = world.clock.now() + .seconds(1800)
      #expect(answers == Array(repeating: .wrongCredentials, count: 4) + [.locked(until: end)])
      #expect(await failure { try await signIn(world, "officer1") } == .locked(until: end))
      world.clock.advance(.seconds(1799))
      #expect(await failure { try await signIn(world, "officer1") } == .locked(until: end))
      world.clock.advance(.seconds(1))
      let session = try await signIn(world, "officer1")
      #expect(session.account.name == "officer1")
      #expect(try await world.number("SELECT failed_attempts::bigint FROM account WHERE name = 'officer1'") == 0)
    }
  }

  @Test("MLPS-ID-5: fifty guesses at the same moment are five guesses, and the right one among the rest is refused")
  func parallelGuesses() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      let visitor = world.visitor
      let guesses = await concurrently(50) { number in
        try await accounts.signIn(name: "officer1", password: "Wrong-pass-\(number)", as: visitor)
      }
      #expect(guesses.values.isEmpty)
      #expect(guesses.failures.filter { $0 == .wrongCredentials }.count == 4)
      #expect(guesses.failures.filter { $0.code == "locked" }.count == 46)
      let counted = try await world.number("SELECT failed_attempts::bigint FROM account WHERE name = 'officer1'")
      #expect(counted == 5)
      #expect(await failure { try await signIn(world, "officer1") }?.code == "locked")
    }
  }

  @Test("A success in between begins the count anew")
  func successClears() async throws {
    try await World.with { world in
      for _ in 0..<3 {
        for _ in 0..<4 {
          _ = await failure {
            try await world.haiju.accounts.signIn(name: "officer1", password: "no", as: world.visitor)
          }
        }
        _ = try await signIn(world, "officer1")
      }
    }
  }

  @Test("MLPS-ID-6: a session ends when it is idle, sooner for staff, and after eight hours in any case")
  func idleAndAbsolute() async throws {
    try await World.with { world in
      let staff = try await signIn(world, "reviewer1")
      let talent = try await world.registeredTalent()
      let person = try await world.haiju.accounts.signIn(
        name: talent.account, password: talent.password, as: world.visitor)
      world.clock.advance(.seconds(899))
      _ = try await actor(world, staff.token)
      world.clock.advance(.seconds(900))
      #expect(await failure { try await actor(world, staff.token) } == .unauthenticated)
      #expect(try await actor(world, person.token).person == talent.person.id)
      world.clock.advance(.seconds(1800))
      #expect(await failure { try await actor(world, person.token) } == .unauthenticated)
      let busy = try await signIn(world, "reviewer1")
      for _ in 0..<47 {
        world.clock.advance(.seconds(600))
        _ = try await actor(world, busy.token)
      }
      world.clock.advance(.seconds(600))
      #expect(await failure { try await actor(world, busy.token) } == .unauthenticated)
    }
  }

  @Test("MLPS-ID-6: signing out and disabling end a session for the very next request, on another node too")
  func revocation() async throws {
    try await World.with { world in
      let other = try await Haiju.open(world.configuration)
      let session = try await signIn(world, "reviewer1")
      let reviewer = try await other.accounts.actor(token: session.token, address: "a", trace: "t")
      try await world.haiju.accounts.signOut(token: session.token, as: reviewer)
      #expect(
        await failure { try await other.accounts.actor(token: session.token, address: "a", trace: "t") }
          == .unauthenticated)
      let second = try await signIn(world, "reviewer1")
      _ = try await world.number("UPDATE account SET enabled = false WHERE name = 'reviewer1' RETURNING 1::bigint")
      #expect(
        await failure { try await other.accounts.actor(token: second.token, address: "a", trace: "t") }
          == .unauthenticated)
      await other.close()
    }
  }

  @Test("MLPS-ID-7: an account has five live sessions at most, also after parallel sign-ins; the oldest ends")
  func sessionLimit() async throws {
    try await World.with { world in
      let first = try await signIn(world, "reviewer1")
      world.clock.advance(.seconds(1))
      let word = try password(world, "reviewer1")
      let visitor = world.visitor
      let sessions = await concurrently(12) { _ in
        try await world.haiju.accounts.signIn(name: "reviewer1", password: word, as: visitor)
      }
      #expect(sessions.values.count == 12)
      #expect(try await world.number("SELECT count(*) FROM session") == 5)
      #expect(await failure { try await actor(world, first.token) } == .unauthenticated)
    }
  }

  @Test(
    "A token that was never given is nobody's",
    arguments: ["", "x", String(repeating: "A", count: 43), "'; --", "\u{0}"])
  func strangeTokens(_ token: String) async throws {
    try await World.with { world in
      #expect(await failure { try await actor(world, token) } == .unauthenticated)
    }
  }

  @Test("A form's token is spent once, also when two requests bring it at the same moment")
  func formTokens() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      let visitor = world.visitor
      let token = accounts.formToken(holder: "session")
      let uses = await concurrently(8) { _ in try await accounts.useFormToken(token, holder: "session", as: visitor) }
      #expect(uses.values.count == 1)
      #expect(uses.failures.allSatisfy { $0.code == "refused.form_used" })
      let other = accounts.formToken(holder: "session")
      #expect(
        await failure { try await accounts.useFormToken(other, holder: "other", as: visitor) }?.code
          == "refused.form_token")
      world.clock.advance(.seconds(7200))
      #expect(
        await failure { try await accounts.useFormToken(other, holder: "session", as: visitor) }?.code
          == "refused.form_expired")
      let refused = try await world.audited(.requestParse, .refused)
      #expect(refused == 9)
    }
  }

  @Test("Staff accounts are opened by the security administrator only, with every wrong field told at once")
  func openStaff() async throws {
    try await World.with { world in
      let accounts = world.haiju.accounts
      let unit = try #require(try await accounts.units(as: world.actor("secadmin")).first)
      let draft = StaffDraft(
        name: "reviewer3", displayName: "王审核", role: .reviewer, unit: unit.id, password: "Blue7-river")
      for name in ["sysadmin", "auditadmin", "reviewer1", "officer1"] {
        #expect(
          await failure { try await accounts.openStaff(draft, as: world.actor(name)) }
            == .forbidden(.accountOpenStaff))
      }
      let account = try await accounts.openStaff(draft, as: world.actor("secadmin")).value
      #expect(account.unit == unit.id)
      _ = try await accounts.signIn(name: "reviewer3", password: "Blue7-river", as: world.visitor)
      #expect(
        await failure { try await accounts.openStaff(draft, as: world.actor("secadmin")) }?.code
          == "duplicate.account")
      let wrong = StaffDraft(
        name: "X", displayName: "", role: .employerOfficer, unit: unit.id, password: "short", identityNumber: "1")
      guard
        case .invalid(let faults) = await failure({
          try await accounts.openStaff(wrong, as: world.actor("secadmin"))
        })
      else {
        Issue.record("not refused as invalid")
        return
      }
      #expect(Set(faults.map(\.field)) == ["name", "displayName", "employer", "unit", "password", "identityNumber"])
    }
  }

  @Test("Bootstrapping again makes nothing, and what is missing comes back alone")
  func bootstrap() async throws {
    try await World.with { world in
      #expect(world.staff.count == 14)
      #expect(Set(world.staff.map(\.password)).count == 14)
      #expect(try await world.haiju.accounts.bootstrap(as: .system("bootstrap")).isEmpty)
      #expect(world.employers.count == 6)
      #expect(await failure { try await world.haiju.accounts.bootstrap(as: world.visitor) } == .unauthenticated)
      let names = try await world.haiju.accounts.list(page: .first(10), as: world.actor("secadmin"))
      let rest = try await world.haiju.accounts.list(
        page: PageRequest(size: 10, after: names.next), as: world.actor("secadmin"))
      #expect((names.items + rest.items).map(\.name) == world.staff.map(\.name).sorted())
    }
  }
}
