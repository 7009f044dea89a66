import Cache
import Documents
public import Kernel
import Relational

/// Whether one store answers.
public struct StoreHealth: Sendable, Hashable, Codable {
  /// `relational`, `documents` or `cache`.
  public let name: String
  /// What people call it.
  public let title: String
  /// Whether it answered just now.
  public let isUp: Bool
  /// What its absence costs, in Chinese; empty when it is up.
  public let consequence: String
}

/// Whether Haiju is well.
public struct HealthReport: Sendable, Hashable, Codable {
  /// The stores, PostgreSQL first.
  public let stores: [StoreHealth]
  /// Dossier changes that are committed and not yet in the document store; `nil` when PostgreSQL is away.
  public let pendingChanges: Int64?
  /// Since when the oldest of them waits.
  public let oldestPending: Instant?

  /// Whether requests can be served: PostgreSQL answers. The other stores may be away.
  public var isReady: Bool { stores.first?.isUp ?? false }
}

/// Looks whether the stores answer.
public struct Health: Sendable {
  let core: Core

  /// Asks each store at once; takes as long as the slowest, at most one second.
  public func check() async -> HealthReport {
    async let relational = answers { try await core.database.ping() }
    async let documents = answers { try await core.documents.ping(deadline: .after(.seconds(1))) }
    async let cache = core.cache?.ping()
    var stores = [
      StoreHealth(
        name: "relational", title: "关系数据库 PostgreSQL", isUp: await relational, consequence: "系统暂停服务"),
      StoreHealth(
        name: "documents", title: "文档数据库", isUp: await documents,
        consequence: "档案由变更日志直接给出，恢复后自动补齐"),
    ]
    if let isUp = await cache {
      stores.append(StoreHealth(name: "cache", title: "缓存 Redis", isUp: isUp, consequence: "页面稍慢，内容不受影响"))
    }
    stores = stores.map {
      $0.isUp ? StoreHealth(name: $0.name, title: $0.title, isUp: true, consequence: "") : $0
    }
    let backlog = stores[0].isUp ? try? await core.projector.backlog() : nil
    return HealthReport(stores: stores, pendingChanges: backlog?.count, oldestPending: backlog?.oldest)
  }

  private func answers(_ question: @Sendable @escaping () async throws -> Void) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { (try? await question()) != nil }
      group.addTask {
        try? await Task.sleep(for: .seconds(1))
        return false
      }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
  }
}
