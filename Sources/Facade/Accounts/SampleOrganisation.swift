/// The invented organisation that a fresh installation begins with; every name says that it is a sample.
enum SampleOrganisation {
  /// A unit to be made; its name identifies it.
  struct Unit: Sendable {
    let name: String
    let district: District
  }

  /// An employer to be made; its name identifies it.
  struct Employer: Sendable {
    let name: String
    let creditCode: String
    let district: District
    let isKeyIndustry: Bool
  }

  /// An account to be opened; employer and unit by their names.
  struct Staff: Sendable {
    let name: String
    let displayName: String
    let role: Role
    var employer: String?
    var unit: String?
  }

  static let units = [
    Unit(name: "上海市人才工作局（示例）", district: .city),
    Unit(name: "闵行区人才服务中心（示例）", district: .minhang),
    Unit(name: "宝山区人才服务中心（示例）", district: .baoshan),
  ]

  static let employers = [
    employer("上海远洋智能科技有限公司（示例）", area: "310100", number: 1, .city, isKeyIndustry: true),
    employer("上海浦江文化传播有限公司（示例）", area: "310100", number: 2, .city, isKeyIndustry: false),
    employer("闵行生物医药研究有限公司（示例）", area: "310112", number: 3, .minhang, isKeyIndustry: true),
    employer("闵行春申教育服务有限公司（示例）", area: "310112", number: 4, .minhang, isKeyIndustry: false),
    employer("宝山新材料制造有限公司（示例）", area: "310113", number: 5, .baoshan, isKeyIndustry: true),
    employer("宝山滨江物流有限公司（示例）", area: "310113", number: 6, .baoshan, isKeyIndustry: false),
  ]

  /// Three administrators apart, two reviewers, a clerk for each unit, an officer for each employer.
  static let staff = administrators + reviewers + clerks + officers

  private static let administrators = [
    Staff(name: "sysadmin", displayName: "系统管理员（示例）", role: .systemAdministrator),
    Staff(name: "secadmin", displayName: "安全管理员（示例）", role: .securityAdministrator),
    Staff(name: "auditadmin", displayName: "审计管理员（示例）", role: .auditAdministrator),
  ]

  private static let reviewers = (1...2).map { number in
    Staff(name: "reviewer\(number)", displayName: "审核员\(number)（示例）", role: .reviewer, unit: units[0].name)
  }

  private static let clerks = units.map { unit in
    Staff(
      name: "clerk.\(unit.district.rawValue)", displayName: "\(unit.district.title)窗口人员（示例）", role: .windowClerk,
      unit: unit.name)
  }

  private static let officers = employers.enumerated().map { index, employer in
    Staff(
      name: "officer\(index + 1)", displayName: "经办人\(index + 1)（示例）", role: .employerOfficer,
      employer: employer.name)
  }

  /// The organisation number begins with HJ000: right in form, and no register gives such numbers.
  private static func employer(
    _ name: String, area: String, number: Int, _ district: District, isKeyIndustry: Bool
  ) -> Employer {
    let code = CreditCode(completing: "91\(area)HJ000000\(number)")
    return Employer(
      name: name, creditCode: code?.text ?? "", district: district, isKeyIndustry: isKeyIndustry)
  }
}
