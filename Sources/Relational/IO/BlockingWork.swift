import Foundation
import Kernel

/// The two calls that block: cancelling and resolving names. Each has a thread of its own, so that a slow name server
/// delays no cancellation.
actor BlockingWork {
  static let cancelling = BlockingWork(name: "relational-cancel")
  static let resolving = BlockingWork(name: "relational-resolve")

  private let thread: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private init(name: String) { thread = ThreadExecutor(name: name) }

  /// Sends a cancel request and returns when the server has taken it.
  func send(_ cancel: PQCancel) { _ = cancel.send() }

  /// Replaces host names by addresses, because libpq would resolve them on the event loop's thread.
  ///
  /// Every host that is neither a folder of sockets nor an address already is repeated once per address, with its port.
  func resolved(_ info: PQConninfo) -> PQConninfo {
    guard let hosts = info["host"], info["hostaddr"] == nil else { return info }
    let names = hosts.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let ports = (info["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var list: [(host: String, address: String, port: String)] = []
    for (index, name) in names.enumerated() {
      let port = ports.count == names.count ? ports[index] : ports.first ?? ""
      let isFolder = name.isEmpty || name.hasPrefix("/") || name.hasPrefix("@")
      let addresses = isFolder ? [""] : Self.addresses(of: name)
      list += (addresses.isEmpty ? [""] : addresses).map { (name, $0, port) }
    }
    var info = info
    info["host"] = list.map(\.host).joined(separator: ",")
    info["hostaddr"] = list.map(\.address).joined(separator: ",")
    info["port"] = list.map(\.port).joined(separator: ",")
    return info
  }

  private static func addresses(of name: String) -> [String] {
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
