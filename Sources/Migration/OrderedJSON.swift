/// JSON whose objects keep their order, which decides what a compound index means; Foundation's parser forgets it.
enum OrderedJSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([OrderedJSON])
  case object([Member])

  struct Member: Sendable, Hashable {
    let key: String
    let value: OrderedJSON
  }

  /// Where a text stops being JSON; a key twice in one object counts as that.
  struct Failure: Error, Hashable {
    let line: Int
    let problem: String
  }

  /// Reads a whole text.
  init(_ text: [UInt8]) throws(Failure) {
    var parser = Parser(bytes: text)
    self = try parser.document()
  }
}

private struct Parser {
  typealias Failure = OrderedJSON.Failure
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  mutating func document() throws(Failure) -> OrderedJSON {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("something follows the value") }
    return value
  }

  private mutating func value() throws(Failure) -> OrderedJSON {
    skipSpace()
    depth += 1
    defer { depth -= 1 }
    guard depth <= 64 else { throw failure("nested too deeply") }
    switch peek() {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case nil: throw failure("the text ends early")
    default: return try number()
    }
  }

  private mutating func object() throws(Failure) -> OrderedJSON {
    position += 1
    var members: [OrderedJSON.Member] = []
    if take(UInt8(ascii: "}")) { return .object([]) }
    repeat {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw failure("a key in quotes is missing") }
      let key = try string()
      guard !members.contains(where: { $0.key == key }) else { throw failure("the key \(key) stands twice") }
      guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
      members.append(OrderedJSON.Member(key: key, value: try value()))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("an object does not end") }
    return .object(members)
  }

  private mutating func array() throws(Failure) -> OrderedJSON {
    position += 1
    var values: [OrderedJSON] = []
    if take(UInt8(ascii: "]")) { return .array([]) }
    repeat { values.append(try value()) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("a list does not end") }
    return .array(values)
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let decoded = String(validating: text, as: UTF8.self) else { throw failure("a text is not UTF-8") }
        return decoded
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20: throw failure("a control character in a text")
      default: text.append(byte)
      }
    }
    throw failure("a text does not end")
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    guard let byte = peek() else { throw failure("a text does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      // A character beyond the first plane is written as two units.
      if UTF16.isLeadSurrogate(units[0]), peek() == UInt8(ascii: "\\") {
        position += 1
        guard take(UInt8(ascii: "u")) else { throw failure("half a character") }
        units.append(try codeUnit())
      }
      guard let text = String(validating: units, as: UTF16.self) else { throw failure("half a character") }
      return Array(text.utf8)
    default: throw failure("an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("an unknown escape") }
    position += 4
    return unit
  }

  private mutating func number() throws(Failure) -> OrderedJSON {
    let from = position
    while let byte = peek(), "+-.0123456789eE".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[from..<position], as: UTF8.self)
    if let integer = Int64(text), text.first != "+" { return .integer(integer) }
    guard let first = text.first, first == "-" || first.isNumber, let double = Double(text), double.isFinite else {
      throw failure("not a value")
    }
    return .double(double)
  }

  private mutating func literal(_ word: String, _ value: OrderedJSON) throws(Failure) -> OrderedJSON {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("not a value") }
    position += word.utf8.count
    return value
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private func failure(_ problem: String) -> Failure {
    Failure(line: 1 + bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") }, problem: problem)
  }
}
