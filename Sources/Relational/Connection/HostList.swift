/// The hosts of a connection string with their addresses and ports, in the order in which they are tried.
struct HostList: Equatable {
  struct Host: Equatable {
    /// The name as given: what a certificate is compared with. A folder of sockets, or empty, needs no address.
    var name: String
    var address: String
    var port: String

    var isFolder: Bool { name.isEmpty || name.hasPrefix("/") || name.hasPrefix("@") }
  }
  private(set) var hosts: [Host]

  /// `nil` when the string names no host; libpq's defaults hold then.
  ///
  /// As in libpq, names, addresses and ports are lists of equal length, but one port may stand for all hosts.
  init?(_ info: PQConninfo) {
    let names = Self.list(info["host"])
    let addresses = Self.list(info["hostaddr"])
    let ports = Self.list(info["port"])
    let count = max(names.count, addresses.count)
    guard count > 0, names.isEmpty || addresses.isEmpty || names.count == addresses.count else { return nil }
    hosts = (0..<count).map { index in
      Host(
        name: names.isEmpty ? "" : names[index], address: addresses.isEmpty ? "" : addresses[index],
        port: ports.count == count ? ports[index] : ports.first ?? "")
    }
    // A wrong number of ports is libpq's to complain about.
    if ports.count > 1, ports.count != count { return nil }
  }

  var isEmpty: Bool { hosts.isEmpty }

  /// Every name replaced by the name with one of its addresses, as often as it has addresses; and the names without any.
  func resolved(by resolver: NameResolver) async -> (list: HostList, unknown: [String]) {
    var result = self
    result.hosts = []
    var unknown: [String] = []
    for host in hosts {
      if host.isFolder || !host.address.isEmpty {
        result.hosts.append(host)
        continue
      }
      let addresses = await resolver.addresses(of: host.name)
      if addresses.isEmpty { unknown.append(host.name) }
      result.hosts += addresses.map { Host(name: host.name, address: $0, port: host.port) }
    }
    return (result, unknown)
  }

  /// Puts the list back in libpq's form; the names stay, since `verify-full` compares them with the certificate.
  func write(to info: inout PQConninfo) {
    info["host"] = hosts.map(\.name).joined(separator: ",")
    info["hostaddr"] = hosts.contains { !$0.address.isEmpty } ? hosts.map(\.address).joined(separator: ",") : nil
    info["port"] = hosts.contains { !$0.port.isEmpty } ? hosts.map(\.port).joined(separator: ",") : nil
  }

  private static func list(_ text: String?) -> [String] {
    guard let text, !text.isEmpty else { return [] }
    return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
