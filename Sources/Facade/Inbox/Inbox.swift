public import Kernel
public import Relational

/// A message to a person, on the page and nowhere else.
public struct Notice: Sendable, Hashable, RowDecodable {
  /// The notice's id.
  public let id: NoticeID
  /// What it is about.
  public let kind: Kind
  /// One line.
  public let title: String
  /// What happened.
  public let body: String
  /// The page to look at, a path.
  public let link: String
  /// When it was sent.
  public let createdAt: Instant
  /// When the person read it.
  public let readAt: Instant?

  /// What a notice is about.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// The person's certification.
    case certification
    /// A service case.
    case `case`
    /// A reading outside its threshold.
    case alert

    /// What people call it.
    public var title: String {
      switch self {
      case .certification: "人才认定"
      case .case: "办件"
      case .alert: "健康预警"
      }
    }
  }

  /// Reads the columns of its statements in order.
  public init(row: inout RowReader) throws(DecodingFailure) {
    id = try row.next()
    kind = try row.next()
    title = try row.next()
    body = try row.next()
    link = try row.next()
    createdAt = try row.next()
    readAt = try row.next()
  }
}

extension Notice.Kind: SQLTextEnum {}

/// Notices to a person: each sees the own ones only.
public struct Inbox: Sendable {
  let core: Core

  /// The person's notices, newest first; one round trip.
  public func list(page: PageRequest = PageRequest(), as actor: Actor) async throws(HaijuError) -> Page<Notice> {
    try await core.read(.noticeRead, as: actor) {
      let before = try TimeCursor(newestFirst: page)
      let rows = try await core.database.query(
        InboxStatements.list, try owner(actor), before.time, before.id, Int64(page.size + 1))
      return Page(reading: rows, request: page) { TimeCursor(time: $0.createdAt, id: $0.id.uuid).text }
    }
  }

  /// How many notices the person has not read; one round trip.
  public func unreadCount(as actor: Actor) async throws(HaijuError) -> Int {
    try await core.read(.noticeRead, as: actor) {
      Int(try await core.database.first(InboxStatements.unread, try owner(actor)) ?? 0)
    }
  }

  /// Marks a notice as read; the time of the first reading stays.
  ///
  /// One commit. `.notFound` for another person's notice.
  public func markRead(_ id: NoticeID, as actor: Actor) async throws(HaijuError) -> Committed<Notice> {
    try await core.act(as: actor) { action in
      try action.begin(.noticeRead, .notice(id))
      let notice = try await action.first(InboxStatements.markRead, id, try owner(actor), action.now)
      guard let notice else { throw HaijuError.notFound(.notice) }
      action.record(.noticeRead, .notice(id))
      return notice
    }
  }

  /// Only a person has an inbox.
  private func owner(_ actor: Actor) throws(HaijuError) -> PersonID {
    guard let person = actor.person else { throw .forbidden(.noticeRead) }
    return person
  }
}

extension Action {
  /// Notices that are sent with this action.
  var inbox: InboxActions { InboxActions(action: self) }
}

/// Sends notices in the transaction of an action.
struct InboxActions: Sendable {
  let action: Action

  /// Sends a notice unless this event was told to this person before; no round trip of its own.
  ///
  /// A long title or body is cut rather than refused: a notice must never undo what it tells of.
  func send(
    to person: PersonID, kind: Notice.Kind, title: String, body: String, link: String, event: String
  ) {
    action.write(
      InboxStatements.send, NoticeID.make(at: action.now), person, kind, Self.cut(title, to: 80),
      Self.cut(body, to: 500), link, event, action.now)
  }

  /// At most so many code points, which is how PostgreSQL counts.
  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.unicodeScalars.count > limit else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
  }
}

enum InboxStatements {
  /// Newest first behind a place; index `notice_of_person`.
  static let list = Statement<Notice>(
    "inbox.list", lane: .shared,
    """
    SELECT id, kind, title, body, link, created_at, read_at
      FROM notice
     WHERE person_id = $1 AND (created_at, id) < ($2, $3)
     ORDER BY created_at DESC, id DESC
     LIMIT $4
    """)

  /// Index `notice_unread`.
  static let unread = Statement<Int64>(
    "inbox.unread", lane: .shared, "SELECT count(*) FROM notice WHERE person_id = $1 AND read_at IS NULL")

  static let markRead = Statement<Notice>(
    "inbox.markRead",
    """
    UPDATE notice SET read_at = coalesce(read_at, $3)
     WHERE id = $1 AND person_id = $2
    RETURNING id, kind, title, body, link, created_at, read_at
    """)

  static let send = Statement<NoRow>(
    "inbox.send",
    """
    INSERT INTO notice (id, person_id, kind, title, body, link, event, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (person_id, event) DO NOTHING
    """)

  static let all: [any CataloguedStatement] = [list, unread, markRead, send]
}
