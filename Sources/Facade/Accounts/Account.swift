public import Kernel
public import Relational

/// Who may sign in, and as what.
public struct Account: Sendable, Hashable, RowDecodable {
  /// Its id.
  public let id: AccountID
  /// The name to sign in with; never used twice, because accounts are disabled and not deleted.
  public let name: String
  /// What it may do.
  public let role: Role
  /// The name shown in histories.
  public let displayName: String
  /// The person behind a talent's account.
  public let person: PersonID?
  /// The employer that an officer speaks for.
  public let employer: EmployerID?
  /// The unit of a reviewer or clerk.
  public let unit: UnitID?
  /// Whether it may sign in.
  public let enabled: Bool
  /// Whether it belongs to the sample data.
  public let isSample: Bool

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    name = try row.next()
    role = try row.next()
    displayName = try row.next()
    person = try row.next()
    employer = try row.next()
    unit = try row.next()
    enabled = try row.next()
    isSample = try row.next()
  }

  init(
    id: AccountID, name: String, role: Role, displayName: String, person: PersonID? = nil, employer: EmployerID? = nil,
    unit: UnitID? = nil, isSample: Bool = false
  ) {
    self.id = id
    self.name = name
    self.role = role
    self.displayName = displayName
    self.person = person
    self.employer = employer
    self.unit = unit
    self.enabled = true
    self.isSample = isSample
  }

  /// The account as the one who acts.
  func actor(address: String, trace: String) -> Actor {
    Actor(
      account: id, role: role, displayName: displayName, person: person, employer: employer, unit: unit,
      address: address, trace: trace)
  }
}

/// A department, centre or window that reviews certifications or handles cases.
public struct Unit: Sendable, Hashable, RowDecodable {
  /// Its id.
  public let id: UnitID
  /// Its name, unlike every other's.
  public let name: String
  /// Where it is.
  public let district: District
  /// Whether it belongs to the sample data.
  public let isSample: Bool

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    name = try row.next()
    district = try row.next()
    isSample = try row.next()
  }
}

/// An account for somebody who works with Haiju; talents get theirs by registering.
public struct StaffDraft: Sendable {
  /// The name to sign in with.
  public var name: String
  /// The name shown in histories.
  public var displayName: String
  /// One of the staff's roles.
  public var role: Role
  /// The employer, for officers only.
  public var employer: EmployerID?
  /// The unit, for reviewers and clerks only.
  public var unit: UnitID?
  /// The first password.
  public var password: String
  /// The holder's identity number, if known: with it, nobody approves their own case or the same case from two accounts.
  /// Only its fingerprint is kept.
  public var identityNumber: String?

  /// An account to be opened.
  public init(
    name: String, displayName: String, role: Role, employer: EmployerID? = nil, unit: UnitID? = nil, password: String,
    identityNumber: String? = nil
  ) {
    self.name = name
    self.displayName = displayName
    self.role = role
    self.employer = employer
    self.unit = unit
    self.password = password
    self.identityNumber = identityNumber
  }
}

/// A session that has begun.
public struct SignedIn: Sendable {
  /// The token that each request has to bring; 256 random bits in base64url. Only its digest is stored.
  public let token: String
  /// Whose session it is.
  public let account: Account
  /// When it ends at the latest, however busy it is.
  public let expiresAt: Instant
}
