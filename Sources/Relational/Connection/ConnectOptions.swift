import Kernel

/// Where to connect, one place after the other, until one answers as wanted.
///
/// libpq could try a list of hosts by itself, but not give up on a silent one, nor on one that hangs up in the middle: a
/// host that lost its power would keep everybody from the next one.
struct ConnectPlan: Sendable {
  /// libpq's keywords for each place.
  let candidates: [[(keyword: String, value: String)]]
  /// How long a place may be silent when there is another one to try.
  let patience: Duration
}

/// How to connect: the user's string with our settings added.
struct ConnectOptions: Sendable {
  private let uri: String
  private let settings: [String]
  private let applicationName: String
  private let naming: StatementNaming
  private let isReadOnly: Bool
  private let resolver: NameResolver
  private let acquireTimeout: Duration

  /// `settings` are server parameters such as `statement_timeout=5000`; `readOnly` makes every transaction read-only.
  init(
    _ configuration: RelationalConfiguration, settings: [String] = [], readOnly: Bool = false
  ) throws(RelationalError) {
    uri = configuration.uri
    applicationName = configuration.applicationName
    naming = configuration.statementNaming
    self.settings = ["TimeZone=UTC"] + settings + (readOnly ? ["default_transaction_read_only=on"] : [])
    isReadOnly = readOnly
    resolver = configuration.resolver
    acquireTimeout = configuration.acquireTimeout
    guard PQConninfo(uri) != nil else {
      throw RelationalError(.configuration, "the connection string cannot be read")
    }
  }

  /// The places to try, with an address for every host name, because libpq would resolve names on the loop's thread.
  ///
  /// Throws `.unavailable` when no host has an address.
  func plan() async throws(RelationalError) -> ConnectPlan {
    guard var info = PQConninfo(uri) else {
      throw RelationalError(.configuration, "the connection string cannot be read")
    }
    let timeout = info["connect_timeout"].flatMap { Int($0) }.flatMap { $0 > 0 ? Duration.seconds($0) : nil }
    complete(&info)
    var places = [info]
    if let hosts = HostList(info) {
      let (found, unknown) = await hosts.resolved(by: resolver)
      guard !found.isEmpty else {
        throw RelationalError(.unavailable, "no address for \(unknown.joined(separator: ", "))")
      }
      places = found.map { info.directed(to: $0) }
    }
    if info["target_session_attrs"] == "prefer-standby" {
      places = ["standby", "any"].flatMap { wanted in places.map { $0.with("target_session_attrs", wanted) } }
    }
    return ConnectPlan(
      candidates: places.map(\.options), patience: timeout ?? min(.seconds(2), acquireTimeout / places.count))
  }

  /// Adds what the user has left to us.
  private func complete(_ info: inout PQConninfo) {
    info["application_name"] = info["application_name"] ?? applicationName
    info["client_encoding"] = "UTF8"
    if case .named = naming {
      info["options"] = ([info["options"] ?? ""] + settings.map { "-c \($0)" }).joined(separator: " ")
    }
    if isReadOnly { info["target_session_attrs"] = info["target_session_attrs"].map(Self.readOnlyTarget) }
    // A peer that vanished without a word is noticed within a minute, waiting or sending.
    let defaults = [
      ("keepalives_idle", "20"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "30000"),
    ]
    for (keyword, value) in defaults {
      info[keyword] = info[keyword] ?? value
    }
  }

  /// What to send first where `options` are not understood: pgbouncer refuses them, or ignores them if told to.
  ///
  /// It takes settings that PostgreSQL reports along from one server to the next, and only those: `TimeZone` is one.
  var firstScript: String? {
    if case .unnamedOnly = naming { "SET TimeZone = 'UTC'" } else { nil }
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

extension PQConninfo {
  fileprivate func with(_ keyword: String, _ value: String) -> PQConninfo {
    var info = self
    info[keyword] = value
    return info
  }
}
