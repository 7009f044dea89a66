import Foundation
import Synchronization

/// Replaces host names by addresses.
///
/// Looking a name up blocks for as long as the name server likes, so each look-up has a thread of its own: a slow one
/// delays nobody but those who asked for the same name, who share it.
final class NameResolver: Sendable {
  /// The system's way: hosts file, name servers.
  static let system = NameResolver(NameResolver.systemLookUp)

  private let lookUp: @Sendable (String) -> [String]
  private let waiting = Mutex<[String: [CheckedContinuation<[String], Never>]]>([:])

  /// `lookUp` may block; a name without addresses gives an empty list.
  init(_ lookUp: @escaping @Sendable (String) -> [String]) { self.lookUp = lookUp }

  /// The addresses in the order in which they should be tried. An address stands for itself and costs nothing.
  func addresses(of name: String) async -> [String] {
    if Self.isAddress(name) { return [name] }
    return await withCheckedContinuation { continuation in
      let isFirst = waiting.withLock { waiting in
        waiting[name, default: []].append(continuation)
        return waiting[name]?.count == 1
      }
      guard isFirst else { return }
      let thread = Thread { [self] in
        let found = lookUp(name)
        let all = waiting.withLock { $0.removeValue(forKey: name) ?? [] }
        for continuation in all { continuation.resume(returning: found) }
      }
      thread.name = "relational-names"
      thread.stackSize = 1 << 19
      thread.start()
    }
  }

  private static func isAddress(_ name: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
  }

  private static func systemLookUp(_ name: String) -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var addresses: [String] = []
    var next = first
    while let info = next?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
        addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
      }
      next = info.ai_next
    }
    return addresses
  }
}
