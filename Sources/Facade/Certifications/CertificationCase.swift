public import Kernel
public import Relational

/// A registration on its way to a certification.
public struct CertificationCase: Sendable, Hashable, RowDecodable {
  /// The id.
  public let id: CertificationCaseID
  /// Whom it is about.
  public let person: PersonID
  /// The person's name.
  public let personName: String
  /// The employer that vouches.
  public let employerName: String
  /// The highest degree.
  public let degree: Degree
  /// The job, where it was given.
  public let jobTitle: String?
  /// Who has to act now, or how it ended.
  public let state: RegistrationState
  /// When it was submitted first.
  public let submittedAt: Instant
  /// When it ended.
  public let decidedAt: Instant?
  /// Grows with each step; send it back with a decision to be sure that it is made on what was seen.
  public let revision: Int64
  /// Whether the person is generated.
  public let isSample: Bool
  /// The employer that vouches, for permissions.
  let employer: EmployerID

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    person = try row.next()
    personName = try row.next()
    employerName = try row.next()
    degree = try row.next()
    jobTitle = try row.next()
    state = try row.next()
    submittedAt = try row.next()
    decidedAt = try row.next()
    revision = try row.next()
    isSample = try row.next()
    employer = try row.next()
  }
}

/// One step of a certification case.
public struct CertificationStep: Sendable, Hashable, RowDecodable {
  /// Its place, from 1.
  public let sequence: Int32
  /// What was done, as a word for programs.
  public let action: String
  /// Who did it, as shown at the time.
  public let actorName: String
  /// What they said about it.
  public let comment: String?
  /// When.
  public let at: Instant

  /// What was done, in Chinese.
  public var title: String { CertificationWorkflow.Step(rawValue: action)?.title ?? action }

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    sequence = try row.next()
    action = try row.next()
    actorName = try row.next()
    comment = try row.next()
    at = try row.next()
  }
}

/// What came of an approval.
public struct CertificationOutcome: Sendable, Hashable {
  /// The case as it is now.
  public let `case`: CertificationCase
  /// The certification, when the rule has given one.
  public let certification: Certification?
}

/// What a person corrects before submitting again; `nil` leaves a value as it is.
public struct CertificationCorrection: Sendable {
  /// Another employer, who then has to vouch.
  public var employer: EmployerID?
  /// Another degree.
  public var degree: Degree?
  /// Another job.
  public var jobTitle: String?

  /// Corrections; none by default.
  public init(employer: EmployerID? = nil, degree: Degree? = nil, jobTitle: String? = nil) {
    self.employer = employer
    self.degree = degree
    self.jobTitle = jobTitle
  }
}
