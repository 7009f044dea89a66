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
    // A wrong number of ports is libpq's to complain about.
    if ports.count > 1, ports.count != count { return nil }
    hosts = (0..<count).map { index in
      Host(
        name: names.isEmpty ? "" : names[index], address: addresses.isEmpty ? "" : addresses[index],
        port: ports.count == count ? ports[index] : ports.first ?? "")
    }
  }

  /// Every name replaced by the name with one of its addresses, as often as it has addresses; and the names without any.
  func resolved(by resolver: NameResolver) async -> (hosts: [Host], unknown: [String]) {
    var found: [Host] = []
    var unknown: [String] = []
    for host in hosts {
      if host.isFolder || !host.address.isEmpty {
        found.append(host)
        continue
      }
      let addresses = await resolver.addresses(of: host.name)
      if addresses.isEmpty { unknown.append(host.name) }
      found += addresses.map { Host(name: host.name, address: $0, port: host.port) }
    }
    return (found, unknown)
  }

  private static func list(_ text: String?) -> [String] {
    guard let text, !text.isEmpty else { return [] }
    return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}

extension PQConninfo {
  /// The same for one host. The name stays, since `verify-full` compares it with the certificate.
  func directed(to host: HostList.Host) -> PQConninfo {
    var info = self
    info["host"] = host.name.isEmpty ? nil : host.name
    info["hostaddr"] = host.address.isEmpty ? nil : host.address
    info["port"] = host.port.isEmpty ? nil : host.port
    return info
  }
}
