import GMCrypto
import Kernel
import Relational

/// An account that bootstrapping made; the only time that its password is seen.
public struct BootstrapAccount: Sendable {
  /// What it may do.
  public let role: Role
  /// The name to sign in with.
  public let name: String
  /// The random first password.
  public let password: String
  /// Who it stands for: the person's display name.
  public let displayName: String
}

extension Accounts {
  /// Makes the sample units, sample employers and first staff accounts that are not there yet, with random passwords.
  ///
  /// One read, a hash for each new account, one commit. Returns what was made: nothing the second time. Two runs at the
  /// same moment make each account once, and only the run that made it returns it. Only for Haiju itself.
  ///
  /// `keep` gets the accounts before the commit, so that no account exists whose password nobody has; a password that was
  /// kept for an account that was not committed after all is replaced by the next run's.
  public func bootstrap(
    as actor: Actor, keep: @Sendable ([BootstrapAccount]) throws -> Void = { _ in }
  ) async throws(HaijuError) -> [BootstrapAccount] {
    let prepared = try await core.read(.sampleSeed, as: actor) { try await missing() }
    return try await core.act(as: actor) { action in
      try action.begin(.sampleSeed)
      let units = try await ensureUnits(action)
      let employers = try await ensureEmployers(action)
      var made: [BootstrapAccount] = []
      for (plan, password, hash) in prepared {
        let id = AccountID.make(at: action.now)
        let opened = try await action.first(
          AccountStatements.ensure, id, plan.name, plan.role, plan.displayName, plan.employer.flatMap { employers[$0] },
          plan.unit.flatMap { units[$0] }, hash, action.now)
        guard opened != nil else { continue }
        action.record(.accountOpenStaff, .account(id))
        made.append(
          BootstrapAccount(role: plan.role, name: plan.name, password: password, displayName: plan.displayName))
      }
      if !made.isEmpty {
        action.record(.sampleSeed, AuditObject(kind: "organisation", id: "sample"))
        try keep(made)
      }
      return made
    }.value
  }

  /// The accounts of the plan whose names are free, with a password and its hash.
  private func missing() async throws -> [(plan: SampleOrganisation.Staff, password: String, hash: String)] {
    let taken = Set(try await core.database.query(AccountStatements.taken, SampleOrganisation.staff.map(\.name)))
    var prepared: [(SampleOrganisation.Staff, String, String)] = []
    for plan in SampleOrganisation.staff where !taken.contains(plan.name) {
      let password = try RandomPassword.make(from: core.keys.provider)
      prepared.append((plan, password, try await core.hash(password)))
    }
    return prepared
  }

  private func ensureUnits(_ action: Action) async throws -> [String: UnitID] {
    var ids: [String: UnitID] = [:]
    for unit in SampleOrganisation.units {
      ids[unit.name] = try await action.first(
        AccountStatements.ensureUnit, UnitID.make(at: action.now), unit.name, unit.district)
    }
    return ids
  }

  private func ensureEmployers(_ action: Action) async throws -> [String: EmployerID] {
    var ids: [String: EmployerID] = [:]
    for employer in SampleOrganisation.employers {
      ids[employer.name] = try await action.first(
        AccountStatements.ensureEmployer, EmployerID.make(at: action.now), employer.name, employer.creditCode,
        employer.district, employer.isKeyIndustry)
    }
    return ids
  }
}
