import Foundation
public import Kernel
import Relational

/// Employers that vouch for their people.
public struct Employers: Sendable {
  let core: Core

  /// Employers by name, at most 200; those whose name contains `text` when it is given. Anybody may ask: registering
  /// begins with choosing one. One round trip, shared with concurrent look-ups.
  public func list(matching text: String? = nil, as actor: Actor) async throws(HaijuError) -> [Employer] {
    try await core.read(.employerList, as: actor) {
      let part = (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
      guard !part.unicodeScalars.contains("\0") else { return [] }
      return try await core.database.query(EmployerStatements.list, String(part.prefix(80)))
    }
  }

  /// The employer; `.notFound` when there is none. One round trip.
  public func require(_ id: EmployerID, as actor: Actor) async throws(HaijuError) -> Employer {
    try await core.read(.employerList, .employer(id), as: actor) {
      guard let employer = try await core.database.find(EmployerStatements.find, id) else {
        throw HaijuError.notFound(.employer)
      }
      return employer
    }
  }

  /// Enters an employer; `.invalid` with all wrong fields, `.duplicate` for a known name or credit code. One commit.
  public func insert(_ draft: EmployerDraft, as actor: Actor) async throws(HaijuError) -> Committed<Employer> {
    try await core.act(as: actor) { try await $0.employers.insert(draft) }
  }
}

extension Action {
  /// Employers within this action.
  public var employers: EmployerActions { EmployerActions(action: self) }
}

/// What can be done to employers as part of an action.
public struct EmployerActions: Sendable {
  let action: Action

  /// Enters an employer; see `Employers.insert`. It travels with the commit.
  public func insert(_ draft: EmployerDraft) async throws -> Employer {
    let id = EmployerID.make(at: action.now)
    try action.begin(.employerInsert, .employer(id))
    var input = InputCheck()
    let name = input.text("name", "单位名称", draft.name, 2...80)
    let code = CreditCode(checking: draft.creditCode)
    if code == nil { input.refuse("creditCode", "credit_code", "统一社会信用代码应为 18 位，且最后一位须与前面相符，请检查") }
    try input.finish()
    let employer = Employer(
      id: id, name: name, creditCode: code?.text ?? "", district: draft.district, isKeyIndustry: draft.isKeyIndustry)
    action.write(
      EmployerStatements.insert, id, employer.name, employer.creditCode, employer.district, employer.isKeyIndustry,
      action.now)
    action.record(.employerInsert, .employer(id))
    return employer
  }
}

enum EmployerStatements {
  private static let columns = "id, name, credit_code, district, key_industry, sample"

  /// Primary key.
  static let find = KeyedStatement<EmployerID, Employer>(
    "employer.find", "SELECT \(columns) FROM employer WHERE id = ANY ($1)")

  /// Reads all names: employers are thousands, not millions. `position` knows no wildcards, so none need escaping.
  static let list = Statement<Employer>(
    "employer.list", lane: .shared,
    "SELECT \(columns) FROM employer WHERE $1 = '' OR position($1 IN name) > 0 ORDER BY name LIMIT 200")

  static let insert = Statement<NoRow>(
    "employer.insert",
    "INSERT INTO employer (id, name, credit_code, district, key_industry, created_at) VALUES ($1, $2, $3, $4, $5, $6)")

  static let all: [any CataloguedStatement] = [find, list, insert]
}
