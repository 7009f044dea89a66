public import Kernel

/// The id of an account.
public typealias AccountID = Identifier<Account>
/// The id of a person.
public typealias PersonID = Identifier<Person>
/// The id of an employer.
public typealias EmployerID = Identifier<Employer>
/// The id of a unit.
public typealias UnitID = Identifier<Unit>
/// The id of a certification case.
public typealias CertificationCaseID = Identifier<CertificationCase>
/// The id of a service case.
public typealias ServiceCaseID = Identifier<ServiceCase>
/// The id of a notice.
public typealias NoticeID = Identifier<Notice>

/// Where an employer or a unit is.
public enum District: String, Sendable, Codable, CaseIterable {
  /// The whole city.
  case city
  /// 闵行区.
  case minhang
  /// 宝山区.
  case baoshan

  /// The name as people say it.
  public var title: String {
    switch self {
    case .city: "上海市"
    case .minhang: "闵行区"
    case .baoshan: "宝山区"
    }
  }
}

/// A value that is committed, and the mark by which later reads can insist on seeing it.
public struct Committed<Value: Sendable>: Sendable {
  /// What the action returned.
  public let value: Value
  /// The commit.
  public let mark: CommitMark

  /// A value with its commit.
  public init(value: Value, mark: CommitMark) {
    self.value = value
    self.mark = mark
  }
}
