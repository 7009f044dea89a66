public import Kernel
public import Relational

/// What an audit entry is about.
struct AuditObject: Sendable {
  let kind: String
  let id: String

  static func person(_ id: PersonID) -> AuditObject { AuditObject(kind: "person", id: id.description) }
  static func account(_ id: AccountID) -> AuditObject { AuditObject(kind: "account", id: id.description) }
  static func employer(_ id: EmployerID) -> AuditObject { AuditObject(kind: "employer", id: id.description) }
  static func certification(_ id: CertificationCaseID) -> AuditObject {
    AuditObject(kind: "certification_case", id: id.description)
  }
  static func serviceCase(_ id: ServiceCaseID) -> AuditObject { AuditObject(kind: "service_case", id: id.description) }
  static func service(_ id: String) -> AuditObject { AuditObject(kind: "service", id: id) }
  static func notice(_ id: NoticeID) -> AuditObject { AuditObject(kind: "notice", id: id.description) }
}

/// How an operation ended.
public enum AuditResult: String, Sendable, Codable {
  /// It was committed.
  case done
  /// The caller may not, or the input was wrong; nothing changed.
  case refused
  /// A store or Haiju failed.
  case failed
}

/// One line of the audit trail.
public struct AuditEntry: Sendable, RowDecodable {
  /// Its place in the trail.
  public let id: Int64
  /// When.
  public let at: Instant
  /// Which account, `nil` for visitors and Haiju itself.
  public let account: AccountID?
  /// The account's name, where there is one.
  public let accountName: String?
  /// In which role.
  public let role: String
  /// From which address.
  public let address: String
  /// What was attempted.
  public let operation: String
  /// On what kind of thing.
  public let objectKind: String?
  /// On which one.
  public let objectID: String?
  /// How it ended.
  public let result: String
  /// Why it was refused or failed, as a code.
  public let reason: String?
  /// The id that finds all records of the request.
  public let trace: String

  /// Reads the columns of its statements in order.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    at = try row.next()
    account = try row.next()
    accountName = try row.next()
    role = try row.next()
    address = try row.next()
    operation = try row.next()
    objectKind = try row.next()
    objectID = try row.next()
    result = try row.next()
    reason = try row.next()
    trace = try row.next()
  }
}

/// The trail of who did what: it only grows, and each line is committed with what it tells of.
public struct Audit: Sendable {
  let core: Core

  /// The trail, newest first; `result` narrows it to done, refused or failed.
  ///
  /// One round trip. Only for the audit administrator.
  public func list(
    result: AuditResult? = nil, page: PageRequest = PageRequest(), as actor: Actor
  ) async throws(HaijuError) -> Page<AuditEntry> {
    try await core.read(.auditRead, as: actor) {
      guard let before = page.cursor.map({ Int64($0) }) ?? Int64.max, before > 0 else {
        throw HaijuError.invalid([TimeCursor.fault])
      }
      let rows = try await core.database.query(AuditStatements.list, before, result?.rawValue, Int64(page.size + 1))
      return Page(reading: rows, request: page) { String($0.id) }
    }
  }

  /// Records a request that was refused before it became an operation: unreadable, too large, without a valid token.
  ///
  /// One commit. Never throws: a record that cannot be written is logged.
  public func recordRefusedRequest(_ error: HaijuError, path: String, as actor: Actor) async {
    await core.recordFailure(error, of: .requestParse, AuditObject(kind: "path", id: String(path.prefix(120))), actor)
  }
}

enum AuditStatements {
  static let insert = Statement<NoRow>(
    "audit.insert",
    """
    INSERT INTO audit_entry (account_id, role, address, operation, object_kind, object_id, result, reason, trace)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    """)

  /// Primary key; at most `limit` rows.
  static let list = Statement<AuditEntry>(
    "audit.list", lane: .shared,
    """
    SELECT e.id, e.at, e.account_id, a.name, e.role, e.address, e.operation, e.object_kind, e.object_id, e.result,
           e.reason, e.trace
      FROM audit_entry e LEFT JOIN account a ON a.id = e.account_id
     WHERE e.id < $1 AND ($2::text IS NULL OR e.result = $2)
     ORDER BY e.id DESC
     LIMIT $3
    """)

  static let all: [any CataloguedStatement] = [insert, list]
}
