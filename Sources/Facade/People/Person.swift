public import Kernel
public import Relational

/// A person as lists and pages show them: without the identity number and the phone, which `People.reveal` gives.
public struct Person: Sendable, Hashable, RowDecodable {
  /// The id.
  public let id: PersonID
  /// The name.
  public let displayName: String
  /// The identity number, its middle hidden.
  public let identityMasked: String
  /// The phone, its middle hidden.
  public let phoneMasked: String
  /// The birth date, from the identity number.
  public let birthDate: CivilDate
  /// The present employer.
  public let employer: EmployerID
  /// The present employer's name.
  public let employerName: String
  /// The highest degree.
  public let degree: Degree
  /// The job, where it was given.
  public let jobTitle: String?
  /// How far the certification is.
  public let state: RegistrationState
  /// Grows with each change.
  public let revision: Int64
  /// Whether the person is generated.
  public let isSample: Bool
  /// When the person registered.
  public let createdAt: Instant

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    displayName = try row.next()
    identityMasked = try row.next()
    phoneMasked = try row.next()
    birthDate = try row.next()
    employer = try row.next()
    employerName = try row.next()
    degree = try row.next()
    jobTitle = try row.next()
    state = try row.next()
    revision = try row.next()
    isSample = try row.next()
    createdAt = try row.next()
  }

  /// A person who has just registered.
  init(_ id: PersonID, _ registration: CheckedRegistration, at now: Instant) {
    self.id = id
    displayName = registration.name
    identityMasked = registration.identity.masked
    phoneMasked = registration.phone.masked
    birthDate = registration.identity.birthDate
    employer = registration.employer.id
    employerName = registration.employer.name
    degree = registration.degree
    jobTitle = registration.jobTitle
    state = .awaitingEmployer
    revision = 1
    isSample = false
    createdAt = now
  }
}

/// What a person types to register.
public struct PersonDraft: Sendable {
  /// The name.
  public var name: String
  /// The identity number.
  public var identityNumber: String
  /// The mobile phone.
  public var phone: String
  /// The employer that is to vouch.
  public var employer: EmployerID
  /// The highest degree.
  public var degree: Degree
  /// The job.
  public var jobTitle: String?
  /// The name to sign in with.
  public var account: String
  /// The password.
  public var password: String

  /// What a person types to register.
  public init(
    name: String, identityNumber: String, phone: String, employer: EmployerID, degree: Degree = .other,
    jobTitle: String? = nil, account: String, password: String
  ) {
    self.name = name
    self.identityNumber = identityNumber
    self.phone = phone
    self.employer = employer
    self.degree = degree
    self.jobTitle = jobTitle
    self.account = account
    self.password = password
  }
}

/// A draft whose fields are all right and whose password is hashed already; made by `People.check`.
public struct CheckedRegistration: Sendable {
  let name: String
  let identity: IdentityNumber
  let phone: PhoneNumber
  let employer: Employer
  let degree: Degree
  let jobTitle: String?
  let account: String
  let passwordHash: String
}

/// What registering made.
public struct Registration: Sendable, Hashable {
  /// The person.
  public let person: Person
  /// The case that will certify the person; it waits for the employer.
  public let certificationCase: CertificationCaseID
  /// The person's account.
  public let account: AccountID
}

/// Which people a list is of; an officer always sees the own employer's only.
public enum PersonQuery: Sendable, Hashable {
  /// Everybody.
  case all
  /// Those whose name begins with a text.
  case named(String)
  /// The one with an identity number.
  case identity(String)
  /// Those with a phone.
  case phone(String)
  /// Those of an employer.
  case ofEmployer(EmployerID)
}
