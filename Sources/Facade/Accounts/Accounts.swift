import GMCrypto
import Kernel
import Relational

/// Accounts and their sessions.
public struct Accounts: Sendable {
  let core: Core

  /// Opens an account for somebody of the staff.
  ///
  /// Two reads at most, the hash of the password on its own thread, one commit. `.invalid` with all wrong fields,
  /// `.duplicate` when the name was ever used.
  public func openStaff(_ draft: StaffDraft, as actor: Actor) async throws(HaijuError) -> Committed<Account> {
    let checked = try await core.read(.accountOpenStaff, as: actor) { try await check(draft) }
    return try await core.act(as: actor) { action in
      let id = AccountID.make(at: action.now)
      try action.begin(.accountOpenStaff, .account(id))
      action.write(
        AccountStatements.insert, id, checked.name, draft.role, checked.displayName, draft.employer, draft.unit,
        checked.password, checked.holder, false, action.now)
      action.record(.accountOpenStaff, .account(id))
      return Account(
        id: id, name: checked.name, role: draft.role, displayName: checked.displayName, employer: draft.employer,
        unit: draft.unit)
    }
  }

  /// The accounts, by name; one round trip.
  public func list(page: PageRequest = PageRequest(), as actor: Actor) async throws(HaijuError) -> Page<Account> {
    try await core.read(.accountList, as: actor) {
      let after = try page.cursor.map { name throws(HaijuError) in
        var input = InputCheck()
        guard input.accountName("after", name) == name, input.faults.isEmpty else { throw .invalid([TimeCursor.fault]) }
        return name
      }
      let rows = try await core.database.query(AccountStatements.list, after ?? "", Int64(page.size + 1))
      return Page(reading: rows, request: page) { $0.name }
    }
  }

  /// The units that staff may belong to, by name, at most 500; one round trip.
  public func units(as actor: Actor) async throws(HaijuError) -> [Unit] {
    try await core.read(.accountList, as: actor) { try await core.database.query(AccountStatements.units) }
  }

  /// A staff account whose fields are right, its password hashed.
  private struct CheckedStaff: Sendable {
    let name, displayName, password: String
    let holder: [UInt8]?
  }

  private func check(_ draft: StaffDraft) async throws -> CheckedStaff {
    var input = InputCheck()
    let name = input.accountName("name", draft.name)
    let displayName = input.text("displayName", "姓名", draft.displayName, 1...40)
    try await checkPlace(of: draft, &input)
    input.refuse(PasswordPolicy.check(draft.password, accountName: name, personName: displayName, phone: ""))
    var holder: [UInt8]?
    if let typed = draft.identityNumber {
      switch IdentityNumber.check(typed, today: CivilDate(core.clock.now())) {
      case .success(let number): holder = core.index(number)
      case .failure(let fault): input.refuse("identityNumber", fault.rawValue, fault.message)
      }
    }
    try input.finish()
    return CheckedStaff(
      name: name, displayName: displayName, password: try await core.hash(draft.password), holder: holder)
  }

  /// Officers belong to an employer, reviewers and clerks to a unit, administrators to neither.
  private func checkPlace(of draft: StaffDraft, _ input: inout InputCheck) async throws {
    switch draft.role {
    case .anonymous, .talent, .system: input.refuse("role", "role", "请选择工作人员的角色")
    case .employerOfficer:
      if draft.unit != nil { input.refuse("unit", "not_allowed", "单位经办人不属于办理单位") }
      if let employer = draft.employer {
        let known = try await core.database.find(EmployerStatements.find, employer)
        if known == nil { input.refuse("employer", "unknown", "请从列表中选择用人单位") }
      } else {
        input.refuse("employer", "required", "请选择用人单位")
      }
    case .reviewer, .windowClerk:
      if draft.employer != nil { input.refuse("employer", "not_allowed", "审核员和窗口人员不属于用人单位") }
      if let unit = draft.unit {
        let known = try await core.database.first(AccountStatements.unitExists, unit)
        if known == nil { input.refuse("unit", "unknown", "请从列表中选择办理单位") }
      } else {
        input.refuse("unit", "required", "请选择办理单位")
      }
    case .systemAdministrator, .securityAdministrator, .auditAdministrator:
      if draft.employer != nil { input.refuse("employer", "not_allowed", "管理员不属于用人单位") }
      if draft.unit != nil { input.refuse("unit", "not_allowed", "管理员不属于办理单位") }
    }
  }
}

extension Core {
  /// Hashes a password on the threads made for it; no lease is held meanwhile.
  func hash(_ password: String) async throws(HaijuError) -> String {
    do {
      return try await PasswordHash.make(password, iterations: passwordRounds ?? PasswordHash.defaultIterations)
    } catch {
      throw HaijuError(error)
    }
  }

  /// Whether a password belongs to a stored hash; without one it costs the same and is false.
  func verify(_ password: String, against stored: String?) async throws(HaijuError) -> Bool {
    // A hash of no password, with as many rounds as a new one has here.
    let rounds = passwordRounds ?? PasswordHash.defaultIterations
    let nobody = "pbkdf2-hmac-sm3$\(rounds)$\(String(repeating: "00", count: 16))$\(String(repeating: "00", count: 32))"
    do {
      return try await PasswordHash.verify(password, against: stored ?? nobody) && stored != nil
    } catch {
      throw HaijuError(error)
    }
  }
}

extension HaijuError {
  /// What it means when a password cannot be hashed or checked now.
  fileprivate init(_ error: CryptoError) {
    switch error {
    case .busy, .cancelled, .unavailable: self = .unavailable(store: "passwords", mayHaveHappened: false)
    default: self = .fault("password")
    }
  }
}
