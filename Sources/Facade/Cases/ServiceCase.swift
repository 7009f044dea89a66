import Foundation
import GMCrypto
public import Kernel
public import Relational

/// An application for a service.
public struct ServiceCase: Sendable, Hashable {
  /// The case's id.
  public let id: ServiceCaseID
  /// The code that people ask for it with.
  public let code: String
  /// Which service.
  public let serviceID: String
  /// In which version.
  public let serviceVersion: Int
  /// The service's title when it was applied for.
  public let serviceTitle: String
  /// Who applied.
  public let person: PersonID
  /// The applicant's name.
  public let personName: String
  /// The unit that works on it.
  public let unit: UnitID
  /// The unit's name.
  public let unitName: String
  /// Where it stands.
  public let state: CaseState
  /// What was filled in, in the order of the form.
  public let form: [FormValue]
  /// When it was sent, or sent again after correction.
  public let submittedAt: Instant
  /// The promised day, counted in working days of a sample calendar.
  public let promisedOn: CivilDate
  /// When it ended.
  public let finishedAt: Instant?
  /// What came of it.
  public let result: String?
  /// Grows with every step.
  public let revision: Int64
  /// What the applicant thought of it.
  public let rating: Rating?
  /// Whether the applicant is sample data.
  public let isSample: Bool

  /// What an applicant thought of a completed case.
  public struct Rating: Sendable, Hashable {
    /// 1 to 5.
    public let score: Int
    /// A remark.
    public let comment: String?
  }
}

/// One step of a case.
public struct ServiceCaseStep: Sendable, Hashable, RowDecodable {
  /// Its place, from 1.
  public let sequence: Int
  /// What was done.
  public let action: CaseAction
  /// Where the case stood afterwards.
  public let state: CaseState
  /// Who did it.
  public let actorName: String
  /// For which unit; `nil` for the applicant.
  public let unitName: String?
  /// What was said.
  public let comment: String?
  /// When.
  public let at: Instant

  /// What people call it.
  public var title: String { action.title }

  /// Reads the columns of its statements in order.
  public init(row: inout RowReader) throws(DecodingFailure) {
    sequence = Int(try row.next(Int32.self))
    action = try row.next()
    state = try row.next()
    actorName = try row.next()
    unitName = try row.next()
    comment = try row.next()
    at = try row.next()
  }
}

extension CaseState: SQLTextEnum {}
extension CaseAction: SQLTextEnum {}

/// A case as stored, its form still sealed.
struct StoredCase: RowDecodable {
  let id: ServiceCaseID
  let code: String
  let serviceID: String
  let serviceVersion: Int32
  let serviceTitle: String
  let person: PersonID
  let personName: String
  let unit: UnitID
  let unitName: String
  let state: CaseState
  let sealedForm: [UInt8]
  let submittedAt: Instant
  let promisedOn: CivilDate
  let finishedAt: Instant?
  let result: String?
  let revision: Int64
  let score: Int16?
  let ratingComment: String?
  let isSample: Bool

  init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    code = try row.next()
    serviceID = try row.next()
    serviceVersion = try row.next()
    serviceTitle = try row.next()
    person = try row.next()
    personName = try row.next()
    unit = try row.next()
    unitName = try row.next()
    state = try row.next()
    sealedForm = try row.next()
    submittedAt = try row.next()
    promisedOn = try row.next()
    finishedAt = try row.next()
    result = try row.next()
    revision = try row.next()
    score = try row.next()
    ratingComment = try row.next()
    isSample = try row.next()
  }

  func opened(with cipher: FieldCipher) throws -> ServiceCase {
    ServiceCase(
      id: id, code: code, serviceID: serviceID, serviceVersion: Int(serviceVersion), serviceTitle: serviceTitle,
      person: person, personName: personName, unit: unit, unitName: unitName, state: state,
      form: try SealedForm.open(sealedForm, of: id, with: cipher), submittedAt: submittedAt, promisedOn: promisedOn,
      finishedAt: finishedAt, result: result, revision: revision,
      rating: score.map { ServiceCase.Rating(score: Int($0), comment: ratingComment) }, isSample: isSample)
  }
}

/// The form of a case as one ciphertext: people write passport numbers and children's names into it.
enum SealedForm {
  static func seal(_ values: [FormValue], of id: ServiceCaseID, with cipher: FieldCipher) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try cipher.seal(Array(try encoder.encode(values)), place: place(id))
  }

  static func open(_ sealed: [UInt8], of id: ServiceCaseID, with cipher: FieldCipher) throws -> [FormValue] {
    try JSONDecoder().decode([FormValue].self, from: Data(try cipher.open(sealed, place: place(id))))
  }

  /// A ciphertext that is moved to another case does not open.
  private static func place(_ id: ServiceCaseID) -> String { "relational.service_case.form#\(id)" }
}
