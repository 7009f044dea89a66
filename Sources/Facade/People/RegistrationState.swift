/// The highest degree a person has.
public enum Degree: String, Sendable, Codable, CaseIterable {
  /// 博士.
  case doctor
  /// 硕士.
  case master
  /// 本科.
  case bachelor
  /// Any other education.
  case other

  /// The name as people say it.
  public var title: String {
    switch self {
    case .doctor: "博士"
    case .master: "硕士"
    case .bachelor: "本科"
    case .other: "其他"
    }
  }
}

/// How far a registration is on its way to a certification.
public enum RegistrationState: String, Sendable, Codable, CaseIterable {
  /// The employer's officer has to look at it.
  case awaitingEmployer = "awaiting_employer"
  /// The department's reviewer has to look at it.
  case awaitingDepartment = "awaiting_department"
  /// The person has to correct it.
  case returned
  /// Certified; there is a talent code.
  case certified
  /// The rule gave no level.
  case refused

  /// The name as people say it.
  public var title: String {
    switch self {
    case .awaitingEmployer: "待单位审核"
    case .awaitingDepartment: "待主管部门审核"
    case .returned: "已退回"
    case .certified: "已认定"
    case .refused: "未通过"
    }
  }

  /// Whether somebody still has to act on it.
  public var isOpen: Bool { self != .certified && self != .refused }
}
