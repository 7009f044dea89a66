import Foundation

/// Where a Redis is, from `redis://user:password@host:port/database`.
struct CacheAddress: Sendable {
  let host: String
  let port: Int32
  let user: String?
  let password: String?
  let database: Int

  /// `nil` for anything that is no such URI.
  init?(_ uri: String) {
    guard let parts = URLComponents(string: uri), parts.scheme == "redis", let host = parts.host, !host.isEmpty else {
      return nil
    }
    let path = parts.path.drop { $0 == "/" }
    guard let database = path.isEmpty ? 0 : Int(path), database >= 0 else { return nil }
    self.host = host
    port = Int32(clamping: parts.port ?? 6379)
    user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
    password = parts.password.flatMap { $0.isEmpty ? nil : $0 }
    self.database = database
  }
}
