/// SQL reduced to what PostgreSQL's own statistics keep of it, so that two texts can be recognized as one statement.
///
/// `pg_stat_statements` puts `$n` in place of constants. Here constants, parameters and lists of them all become `?`, and
/// comments and differences of white space vanish.
enum StatementText {
  static func skeleton(_ sql: String) -> String {
    var tokens: [String] = []
    var rest = Array(sql.utf8)[...]
    while let token = next(&rest) {
      // A sign belongs to the constant for one side and not for the other; so does a list to its first element.
      if token == "?" {
        while let last = tokens.last, last == "-" || last == "+" { tokens.removeLast() }
        if tokens.count >= 2, tokens.last == ",", tokens[tokens.count - 2] == "?" {
          tokens.removeLast()
          continue
        }
      }
      tokens.append(token)
    }
    while tokens.last == ";" { tokens.removeLast() }
    return tokens.joined(separator: " ")
  }

  private static func next(_ rest: inout ArraySlice<UInt8>) -> String? {
    skipSpace(&rest)
    guard let first = rest.first else { return nil }
    let second = rest.dropFirst().first
    switch first {
    case UInt8(ascii: "'"):
      skipQuoted(&rest, by: first, escapes: false)
      return "?"
    case UInt8(ascii: "\""):
      let start = rest
      skipQuoted(&rest, by: first, escapes: false)
      return String(decoding: start[start.startIndex..<rest.startIndex], as: UTF8.self)
    case UInt8(ascii: "$"):
      skipDollar(&rest)
      return "?"
    case _ where isDigit(first) || (first == UInt8(ascii: ".") && second.map(isDigit) ?? false):
      skipNumber(&rest)
      return "?"
    case _ where isLetter(first):
      if second == UInt8(ascii: "'"), "eEbBxXnN".utf8.contains(first) {
        rest.removeFirst()
        skipQuoted(&rest, by: UInt8(ascii: "'"), escapes: first | 0x20 == UInt8(ascii: "e"))
        return "?"
      }
      let word = rest.prefix { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "$") }
      rest = rest[word.endIndex...]
      let text = String(decoding: word, as: UTF8.self).lowercased()
      return ["true", "false", "null"].contains(text) ? "?" : text
    default:
      rest.removeFirst()
      return String(decoding: [first], as: UTF8.self)
    }
  }

  /// White space and comments, which nest between `/*` and `*/`.
  private static func skipSpace(_ rest: inout ArraySlice<UInt8>) {
    while let first = rest.first {
      if first == 0x20 || (0x09...0x0D).contains(first) {
        rest.removeFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != 0x0A }
      } else if rest.starts(with: "/*".utf8) {
        var depth = 0
        repeat {
          if rest.starts(with: "/*".utf8) { depth += 1 }
          if rest.starts(with: "*/".utf8) { depth -= 1 }
          rest = rest.dropFirst(rest.starts(with: "/*".utf8) || rest.starts(with: "*/".utf8) ? 2 : 1)
        } while depth > 0 && !rest.isEmpty
      } else {
        return
      }
    }
  }

  /// To behind the closing quote; a doubled quote is one of the text.
  private static func skipQuoted(_ rest: inout ArraySlice<UInt8>, by quote: UInt8, escapes: Bool) {
    rest.removeFirst()
    while let byte = rest.popFirst() {
      if escapes, byte == UInt8(ascii: "\\") {
        _ = rest.popFirst()
      } else if byte == quote {
        guard rest.first == quote else { return }
        rest.removeFirst()
      }
    }
  }

  /// `$1`, or text between `$tag$` and `$tag$`.
  private static func skipDollar(_ rest: inout ArraySlice<UInt8>) {
    let name = rest.dropFirst().prefix { isLetter($0) || isDigit($0) }
    let behind = rest[name.endIndex...]
    guard behind.first == UInt8(ascii: "$"), name.first.map(isDigit) != true else {
      rest = behind
      return
    }
    let tag = rest[rest.startIndex...name.endIndex]
    rest = behind.dropFirst()
    while !rest.isEmpty, !rest.starts(with: tag) { rest.removeFirst() }
    rest = rest.dropFirst(tag.count)
  }

  private static func skipNumber(_ rest: inout ArraySlice<UInt8>) {
    var last: UInt8 = 0
    while let byte = rest.first {
      let isExponent = byte | 0x20 == UInt8(ascii: "e")
      let isSign = (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")) && last | 0x20 == UInt8(ascii: "e")
      guard isDigit(byte) || byte == UInt8(ascii: ".") || isExponent || isSign else { return }
      last = byte
      rest.removeFirst()
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  /// Letters of every alphabet: beyond ASCII everything may be part of a name.
  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || (97...122).contains(byte | 0x20)
  }
}
