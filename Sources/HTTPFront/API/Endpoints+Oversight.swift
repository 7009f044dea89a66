import Facade
import Hummingbird

extension Endpoint {
  /// Notices to the person signed in.
  static let notices: [Endpoint] = [
    .get("/inbox", "listNotices", "站内消息", query: pageQuery) { call in
      .json(try await call.haiju.inbox.list(page: call.page(), as: call.actor).json(\.json))
    },
    .post("/inbox/{notice}/read", "markNoticeRead", "标为已读") { call in
      let committed = try await call.haiju.inbox.markRead(call.id("notice", .notice), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
  ]

  /// The audit trail.
  static let oversight: [Endpoint] = [
    .get(
      "/audit", "listAudit", "审计记录（审计管理员）",
      query: ["result": "done、refused 或 failed", "after": "上一页给出的 next", "size": "每页条数"]
    ) { call in
      .json(
        try await call.haiju.audit.list(
          result: call.choice("result", of: AuditResult.self), page: call.page(), as: call.actor
        ).json(\.json))
    },
    .get("/maintenance/statements", "listStatements", "数据库语句统计（系统管理员）") { call in
      .json(try await call.haiju.health.statements(as: call.actor).json)
    },
  ]
}
