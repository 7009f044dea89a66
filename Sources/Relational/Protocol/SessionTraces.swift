/// Tells from a statement's text whether the session is another one afterwards, so that the pool must reset it.
///
/// Looked at: `SET`, `LISTEN`, temporary tables, held cursors, `PREPARE`, session locks, `set_config`. What ends with the
/// transaction leaves no trace. What a function does inside, the text does not show: such a call belongs in a session.
enum SessionTraces {
  /// Cost: one pass over the text; made once for each statement.
  static func areLeft(by sql: String) -> Bool {
    let text = plainText(of: sql)
    let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    guard let first = words.first else { return false }
    switch first {
    case "set":
      if !["local", "transaction", "constraints"].contains(words.dropFirst().first) { return true }
    case "reset", "listen", "prepare", "load", "discard", "deallocate":
      return true
    case "declare":
      if words.contains("hold"), !follows("without", "hold", in: words) { return true }
    default:
      break
    }
    if makesTemporaryRelation(words) { return true }
    if words.contains(where: { sessionFunctions.contains($0) }) { return true }
    return words.contains("set_config") && !allSettingsAreLocal(text)
  }

  private static let sessionFunctions: Set<Substring> = [
    "pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "setseed",
  ]

  /// `CREATE [LOCAL | GLOBAL] TEMP …` or `SELECT … INTO TEMP …`, unless dropped with the transaction.
  private static func makesTemporaryRelation(_ words: [Substring]) -> Bool {
    guard words.first == "create" || words.contains("into"), !follows("commit", "drop", in: words) else { return false }
    let before: Set<Substring> = ["create", "local", "global", "replace", "into"]
    return zip(words, words.dropFirst()).contains { before.contains($0) && ($1 == "temp" || $1 == "temporary") }
  }

  private static func follows(_ first: Substring, _ second: Substring, in words: [Substring]) -> Bool {
    zip(words, words.dropFirst()).contains { $0 == first && $1 == second }
  }

  /// Whether every call of `set_config` says `true` last: until the end of the transaction only.
  private static func allSettingsAreLocal(_ text: String) -> Bool {
    let calls = text.split(separator: "set_config", omittingEmptySubsequences: false).dropFirst()
    return calls.allSatisfy { call in
      var depth = 0
      for (index, character) in zip(call.indices, call) {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if depth == 0, character == ")" {
          let last = call[..<index].split(separator: ",").last ?? ""
          return last.filter { !$0.isWhitespace } == "true"
        }
      }
      return false
    }
  }

  /// The text in lower case without what stands in quotes and comments.
  private static func plainText(of sql: String) -> String {
    var plain: [UInt8] = []
    var bytes = Array(sql.utf8)[...]
    while let byte = bytes.first {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        bytes = bytes.dropFirst().drop { $0 != byte }.dropFirst()
        plain.append(UInt8(ascii: " "))
      case UInt8(ascii: "-") where bytes.dropFirst().first == byte:
        bytes = bytes.drop { $0 != UInt8(ascii: "\n") }
      case UInt8(ascii: "/") where bytes.dropFirst().first == UInt8(ascii: "*"):
        bytes = bytes.dropFirst(2)
        while let next = bytes.first, !(next == UInt8(ascii: "*") && bytes.dropFirst().first == UInt8(ascii: "/")) {
          bytes = bytes.dropFirst()
        }
        bytes = bytes.dropFirst(2)
      default:
        plain.append(byte)
        bytes = bytes.dropFirst()
      }
    }
    return String(decoding: plain, as: UTF8.self).lowercased()
  }
}
