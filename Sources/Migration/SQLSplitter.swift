/// The scanner behind `SQLScript`: one pass over the bytes, no look-back.
struct SQLSplitter {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  // What is known of the statement being read.
  private var start: Int?
  private var startLine = 1
  private var end = 0
  private var words: [String] = []
  private var parentheses = 0
  private var blocks = 0
  private var found: [SQLStatementText] = []

  init(_ script: String) {
    let bytes = Array(script.utf8)
    // A byte order mark is no SQL, but editors leave it at the start of files.
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }

  mutating func split() throws(SQLScriptError) -> [SQLStatementText] {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\u{0B}"), UInt8(ascii: "\u{0C}"),
        UInt8(ascii: "\n"):
        advance()
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"): skipLineComment()
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): try skipBlockComment()
      case UInt8(ascii: ";") where parentheses == 0 && blocks == 0:
        finishStatement()
        advance()
      default: try scanToken(byte)
      }
    }
    if blocks > 0 { throw SQLScriptError(line: startLine, problem: "BEGIN ATOMIC has no END") }
    if parentheses > 0 { throw SQLScriptError(line: startLine, problem: "a parenthesis is not closed") }
    finishStatement()
    return found
  }

  private mutating func scanToken(_ byte: UInt8) throws(SQLScriptError) {
    if start == nil { (start, startLine) = (position, line) }
    switch byte {
    case UInt8(ascii: "'"): try scanString(escapes: false)
    case UInt8(ascii: "\""): try scanQuotedName()
    case UInt8(ascii: "$"): try scanDollar()
    case UInt8(ascii: "("):
      parentheses += 1
      advance()
    case UInt8(ascii: ")"):
      parentheses = max(0, parentheses - 1)
      advance()
    case UInt8(ascii: "\\"): throw SQLScriptError(line: line, problem: "a command of psql (\\) is no SQL")
    case 0: throw SQLScriptError(line: line, problem: "a zero byte")
    case _ where byte.startsName: try scanWord()
    default: advance()
    }
    end = position
  }

  private mutating func scanWord() throws(SQLScriptError) {
    let from = position
    while let byte = peek(), byte.continuesName { advance() }
    let word = String(decoding: bytes[from..<position], as: UTF8.self).lowercased()
    if word == "e", peek() == UInt8(ascii: "'") { return try scanString(escapes: true) }
    if words.count < 64 { words.append(word) }
    // Only routines have bodies in SQL proper; elsewhere BEGIN and END begin and end transactions.
    guard parentheses == 0, createsRoutine else { return }
    switch word {
    case "begin": blocks += 1
    case "case" where blocks > 0: blocks += 1
    case "end": blocks = max(0, blocks - 1)
    default: break
    }
  }

  private var createsRoutine: Bool {
    guard words.first == "create" else { return false }
    let kind = words.dropFirst().first == "or" ? words.dropFirst(3).first : words.dropFirst().first
    return kind == "function" || kind == "procedure"
  }

  private mutating func scanString(escapes: Bool) throws(SQLScriptError) {
    let opened = line
    advance()
    while let byte = peek() {
      advance()
      if escapes, byte == UInt8(ascii: "\\"), peek() != nil {
        advance()
      } else if byte == UInt8(ascii: "'") {
        if peek() == UInt8(ascii: "'") { advance() } else if !escapes || !continuesOnNextLine() { return }
      }
    }
    throw SQLScriptError(line: opened, problem: "a quoted string does not end")
  }

  /// `'a'`, a new line, `'b'` is one string, and backslashes go on escaping in its second part.
  ///
  /// Moves behind the second opening quote, or not at all.
  private mutating func continuesOnNextLine() -> Bool {
    let (savedPosition, savedLine) = (position, line)
    while let byte = peek() {
      if byte == UInt8(ascii: "'"), line > savedLine {
        advance()
        return true
      }
      if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
        skipLineComment()
      } else if byte.isSpace {
        advance()
      } else {
        break
      }
    }
    (position, line) = (savedPosition, savedLine)
    return false
  }

  private mutating func scanQuotedName() throws(SQLScriptError) {
    let opened = line
    advance()
    while let byte = peek() {
      advance()
      guard byte == UInt8(ascii: "\"") else { continue }
      // A doubled quote is a quote of the name.
      if peek() == UInt8(ascii: "\"") { advance() } else { return }
    }
    throw SQLScriptError(line: opened, problem: "a quoted name does not end")
  }

  /// `$$` or `$tag$` opens a string without escapes; `$1` is a parameter and a lone `$` an operator's.
  private mutating func scanDollar() throws(SQLScriptError) {
    let opened = line
    var tagEnd = position + 1
    if tagEnd < bytes.count, bytes[tagEnd].startsName {
      while tagEnd < bytes.count, bytes[tagEnd].continuesName, bytes[tagEnd] != UInt8(ascii: "$") { tagEnd += 1 }
    }
    guard tagEnd < bytes.count, bytes[tagEnd] == UInt8(ascii: "$") else { return advance() }
    let tag = bytes[position...tagEnd]
    while position <= tagEnd { advance() }
    while position + tag.count <= bytes.count {
      if bytes[position] == UInt8(ascii: "$"), bytes[position..<position + tag.count] == tag {
        position += tag.count
        return
      }
      advance()
    }
    throw SQLScriptError(line: opened, problem: "a dollar-quoted string does not end")
  }

  private mutating func skipLineComment() {
    while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
  }

  /// Block comments nest, unlike C's.
  private mutating func skipBlockComment() throws(SQLScriptError) {
    let opened = line
    var depth = 0
    while let byte = peek() {
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        advance()
      } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        advance()
      }
      advance()
      if depth == 0 { return }
    }
    throw SQLScriptError(line: opened, problem: "a comment does not end")
  }

  private mutating func finishStatement() {
    if let start {
      let text = String(decoding: bytes[start..<end], as: UTF8.self)
      found.append(SQLStatementText(text: text, line: startLine, words: words))
    }
    (start, words, parentheses, blocks) = (nil, [], 0, 0)
  }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private mutating func advance() {
    if bytes[position] == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == UInt8(ascii: " ") || (9...13).contains(self) }

  /// Letters, underscore and every byte of a character beyond ASCII.
  fileprivate var startsName: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...: true
    default: false
    }
  }

  fileprivate var continuesName: Bool {
    startsName || self == UInt8(ascii: "$") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}
