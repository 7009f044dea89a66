public import Kernel

/// What an account may be; each operation names the roles that may do it.
public enum Role: String, Sendable, Codable, CaseIterable {
  /// Nobody signed in.
  case anonymous
  /// A person who registered for certification and services.
  case talent
  /// The officer of an employer who vouches for its people.
  case employerOfficer = "employer_officer"
  /// A department's reviewer of certifications.
  case reviewer
  /// A clerk at a service window.
  case windowClerk = "window_clerk"
  /// Runs the system; reads no business data.
  case systemAdministrator = "system_administrator"
  /// Sets policy and opens staff accounts; reads no business data.
  case securityAdministrator = "security_administrator"
  /// Reads the audit trail and nothing else.
  case auditAdministrator = "audit_administrator"
  /// Haiju itself: projector, seeding, command line on the server.
  case system
}

/// Who acts, from where: every call of the facade takes one, and every record of the audit trail names one.
public struct Actor: Sendable, Hashable {
  /// The account, `nil` for `anonymous` and `system`.
  public let account: AccountID?
  /// The role of the account.
  public let role: Role
  /// The name shown in histories.
  public let displayName: String
  /// The person behind a talent's account.
  public let person: PersonID?
  /// The employer that an officer speaks for.
  public let employer: EmployerID?
  /// The unit of a reviewer or clerk.
  public let unit: UnitID?
  /// The network address that the request came from.
  public let address: String
  /// The id that finds all records of one request.
  public let trace: String

  /// An actor as sign-in found it.
  public init(
    account: AccountID?, role: Role, displayName: String, person: PersonID? = nil, employer: EmployerID? = nil,
    unit: UnitID? = nil, address: String, trace: String
  ) {
    self.account = account
    self.role = role
    self.displayName = displayName
    self.person = person
    self.employer = employer
    self.unit = unit
    self.address = address
    self.trace = trace
  }

  /// Somebody who has not signed in.
  public static func anonymous(address: String, trace: String) -> Actor {
    Actor(account: nil, role: .anonymous, displayName: "访客", address: address, trace: trace)
  }

  /// Haiju itself, for work that no account asked for; `job` says which.
  public static func system(_ job: String) -> Actor {
    Actor(account: nil, role: .system, displayName: "系统", address: "local", trace: job)
  }
}
