import Kernel

/// How to connect: the user's string with our settings added.
struct ConnectOptions: Sendable {
  private let uri: String
  private let settings: [String]
  private let applicationName: String
  private let isReadOnly: Bool
  private let resolver: NameResolver

  /// `settings` are server parameters such as `statement_timeout=5000`; `readOnly` makes every transaction read-only.
  /// `uri` is the configuration's unless another server is meant.
  init(
    _ configuration: RelationalConfiguration, uri: String? = nil, settings: [String] = [], readOnly: Bool = false,
    resolver: NameResolver = .system
  ) throws(RelationalError) {
    self.uri = uri ?? configuration.uri
    applicationName = configuration.applicationName
    self.settings = ["TimeZone=UTC"] + settings + (readOnly ? ["default_transaction_read_only=on"] : [])
    isReadOnly = readOnly
    self.resolver = resolver
    guard PQConninfo(self.uri) != nil else {
      throw RelationalError(.configuration, "the connection string cannot be read")
    }
  }

  /// libpq's keywords with an address for every host name, because libpq would resolve names on the loop's thread.
  ///
  /// Throws `.unavailable` when no host has an address.
  func resolved() async throws(RelationalError) -> [(keyword: String, value: String)] {
    guard var info = PQConninfo(uri) else { return [] }
    if let hosts = HostList(info) {
      let (list, unknown) = await hosts.resolved(by: resolver)
      guard !list.isEmpty else {
        throw RelationalError(.unavailable, "no address for \(unknown.joined(separator: ", "))")
      }
      list.write(to: &info)
    }
    info["application_name"] = info["application_name"] ?? applicationName
    info["client_encoding"] = "UTF8"
    info["options"] = ([info["options"] ?? ""] + settings.map { "-c \($0)" }).joined(separator: " ")
    if isReadOnly { info["target_session_attrs"] = info["target_session_attrs"].map(Self.readOnlyTarget) }
    // A peer that vanished without a word is noticed within a minute, waiting or sending.
    let defaults = [
      ("keepalives_idle", "20"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "30000"),
    ]
    for (keyword, value) in defaults {
      info[keyword] = info[keyword] ?? value
    }
    return info.options
  }

  /// Read-only by its own wish, a session does not count as `read-write` anywhere; the kind of server says what is meant.
  private static func readOnlyTarget(_ wanted: String) -> String {
    switch wanted {
    case "read-write": "primary"
    case "read-only": "standby"
    default: wanted
    }
  }
}
