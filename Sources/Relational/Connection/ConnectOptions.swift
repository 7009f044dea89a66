import Kernel

/// How to connect: the user's string with our settings added.
struct ConnectOptions: Sendable {
  private let uri: String
  private let settings: [String]
  private let applicationName: String
  private let naming: StatementNaming

  /// `settings` are server parameters such as `TimeZone=UTC`.
  init(_ configuration: RelationalConfiguration, settings: [String] = []) throws(RelationalError) {
    uri = configuration.uri
    applicationName = configuration.applicationName
    naming = configuration.statementNaming
    self.settings = ["TimeZone=UTC"] + settings
    guard PQConninfo(uri) != nil else {
      throw RelationalError(.configuration, "the connection string cannot be read")
    }
  }

  /// libpq's keywords with host names replaced by addresses.
  func resolved() async -> [(keyword: String, value: String)] {
    guard let parsed = PQConninfo(uri) else { return [] }
    var info = parsed
    let folderOrNothing = info["host"].map { $0.hasPrefix("/") && !$0.contains(",") } ?? true
    if !folderOrNothing { info = await BlockingWork.resolving.resolved(info) }
    info["application_name"] = info["application_name"] ?? applicationName
    info["client_encoding"] = "UTF8"
    if case .named = naming { info["options"] = settingsAsOptions(after: info["options"]) }
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

  private func settingsAsOptions(after own: String?) -> String {
    ([own ?? ""] + settings.map { "-c \($0)" }).joined(separator: " ")
  }

  /// What to send first where `options` are not understood: pgbouncer refuses them, or ignores them if told to.
  ///
  /// It follows the settings that PostgreSQL reports, `TimeZone` among them, from one server to the next.
  var firstScript: String? {
    guard case .unnamedOnly = naming else { return nil }
    return settings.map { "SET " + $0 }.joined(separator: "; ")
  }
}
