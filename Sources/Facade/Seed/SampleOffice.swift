import Kernel
import Relational

/// Who works on sample cases: the accounts and employers that `accounts.bootstrap` made.
struct SampleOffice: Sendable {
  /// A staff account.
  struct Staff: Sendable, RowDecodable {
    let id: AccountID
    let name: String
    let role: Role
    let employer: EmployerID?
    let unit: UnitID?
    let unitName: String?

    init(row: inout RowReader) throws(DecodingFailure) {
      id = try row.next()
      name = try row.next()
      role = try row.next()
      employer = try row.next()
      unit = try row.next()
      unitName = try row.next()
    }
  }

  let employers: [Employer]
  let officers: [EmployerID: Staff]
  let reviewers: [Staff]
  let clerks: [String: Staff]

  /// Reads them; `.refused` when bootstrapping has not been done.
  static func load(_ database: Database) async throws -> SampleOffice {
    let employers = try await database.query(SeedStatements.employers)
    let staff = try await database.query(SeedStatements.staff)
    let officers = Dictionary(staff.compactMap { one in one.employer.map { ($0, one) } }) { first, _ in first }
    let clerks = Dictionary(
      staff.filter { $0.role == .windowClerk }.compactMap { one in one.unitName.map { ($0, one) } }
    ) { first, _ in first }
    let served = employers.filter { officers[$0.id] != nil }
    let reviewers = staff.filter { $0.role == .reviewer }
    guard !served.isEmpty, !reviewers.isEmpty else {
      throw HaijuError.refused(code: "bootstrap", message: "请先建立示例单位和账号，再生成示例人员")
    }
    return SampleOffice(employers: served, officers: officers, reviewers: reviewers, clerks: clerks)
  }
}
