import GMCrypto

/// A `.sql` file, read: its statements and how its header wants them run.
struct RelationalScript: Sendable {
  /// One transaction for the file, or each statement alone (`-- migrate: transaction=none`).
  let transactional: Bool
  /// How long a statement may wait for a lock, as PostgreSQL writes durations.
  let lockTimeout: String
  let statements: [SQLStatementText]

  /// An ALTER that waits behind a long reader stops everybody behind it, so waiting is short unless a file says so.
  static let defaultLockTimeout = "5s"

  init(_ text: String) throws(SQLScriptError) {
    let directives = try Directives(header: text)
    transactional = directives.transactional
    lockTimeout = directives.lockTimeout
    statements = try SQLScript.statements(of: text)
    guard !statements.isEmpty else { throw SQLScriptError(line: 1, problem: "no statement") }
    for statement in statements {
      try Self.refuseUnsendable(statement)
      // Between statements that run alone stands the ledger's own work, under the session's own settings.
      if !transactional, ["set", "reset", "discard"].contains(statement.words.first) {
        throw SQLScriptError(line: statement.line, problem: "settings do not carry over with transaction=none")
      }
    }
  }

  /// A fingerprint of the first statements, by which a resumed run knows that they are the ones that ran.
  func fingerprint(first count: Int, provider: some CryptoProvider) -> [UInt8] {
    var message: [UInt8] = []
    for statement in statements.prefix(count) { message += Array(statement.text.utf8) + [0] }
    return provider.sm3(message).bytes
  }

  /// The migrator opens and closes transactions; a file that does so too would commit half of itself.
  private static func refuseUnsendable(_ statement: SQLStatementText) throws(SQLScriptError) {
    switch statement.words.first {
    case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
      throw SQLScriptError(line: statement.line, problem: "transactions are the migrator's; see transaction=none")
    case "prepare" where statement.words.dropFirst().first == "transaction":
      throw SQLScriptError(line: statement.line, problem: "transactions are the migrator's; see transaction=none")
    case "copy" where statement.words.contains("stdin"):
      throw SQLScriptError(line: statement.line, problem: "COPY FROM STDIN has no data here; use INSERT")
    default: break
    }
  }
}

/// What the comments before the first statement ask for: `-- migrate: transaction=none, lock_timeout=2s`.
private struct Directives {
  var transactional = true
  var lockTimeout = RelationalScript.defaultLockTimeout

  init(header text: String) throws(SQLScriptError) {
    var inHeader = true
    // Lines by `isNewline`: a carriage return and a line feed are one Character in Swift.
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
      if line.isEmpty { continue }
      inHeader = inHeader && line.hasPrefix("--")
      let comment = line.drop { $0 == "-" }.drop { $0.isWhitespace }
      guard line.hasPrefix("--"), comment.hasPrefix("migrate:") else { continue }
      guard inHeader else { throw SQLScriptError(line: index + 1, problem: "a directive after the first statement") }
      for word in comment.dropFirst("migrate:".count).split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
        try take(word, line: index + 1)
      }
    }
  }

  // A misspelt directive that was ignored would run a file in a way that its author ruled out.
  private mutating func take(_ word: Substring, line: Int) throws(SQLScriptError) {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts.first, parts.last) {
    case ("transaction", "none"): transactional = false
    case ("transaction", "one"): transactional = true
    case ("lock_timeout", let value?) where Self.isDuration(value): lockTimeout = value
    default: throw SQLScriptError(line: line, problem: "unknown directive \(word)")
    }
  }

  /// Digits and a unit; nothing that could leave its quotes in a SET.
  private static func isDuration(_ text: String) -> Bool {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    return (1...6).contains(digits.count) && ["ms", "s", "min"].contains(text.dropFirst(digits.count))
  }
}
