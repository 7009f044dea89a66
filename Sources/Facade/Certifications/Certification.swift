import Foundation
public import Kernel
public import Relational

/// What a person was certified as, and how long it holds.
public struct Certification: Sendable, Hashable, RowDecodable {
  /// Who is certified.
  public let person: PersonID
  /// The scheme, as people say it.
  public let scheme: String
  /// The level.
  public let level: TalentLevel
  /// The first day on which it holds.
  public let validFrom: CivilDate
  /// The last day on which it holds.
  public let validTo: CivilDate
  /// The talent code.
  public let code: String
  /// The rule that decided.
  public let rule: String
  /// The rule's version.
  public let ruleVersion: Int32
  /// The rule's reasons, in Chinese, in the order in which it applied them.
  public let explanation: [String]
  /// When it was issued.
  public let issuedAt: Instant
  /// Whether level and limits are samples; always, as long as the rule is one.
  public var isSample: Bool { true }

  /// Reads the columns in the order in which the statements name them.
  public init(row: inout RowReader) throws(DecodingFailure) {
    person = try row.next()
    scheme = try row.next()
    level = try row.next()
    validFrom = try row.next()
    validTo = try row.next()
    code = try row.next()
    rule = try row.next()
    ruleVersion = try row.next()
    explanation = try row.next()
    issuedAt = try row.next()
  }

  /// A certification that the rule gives now.
  init(person: PersonID, level: TalentLevel, explanation: [String], code: TalentCode, at now: Instant) {
    let valid = CertificationRule.validity(from: CivilDate(now))
    self.person = person
    scheme = CertificationRule.scheme
    self.level = level
    validFrom = valid.lowerBound
    validTo = CivilDate(daysSince1970: valid.upperBound.daysSince1970 - 1)
    self.code = code.text
    rule = CertificationRule.id
    ruleVersion = CertificationRule.version
    self.explanation = explanation
    issuedAt = now
  }
}
