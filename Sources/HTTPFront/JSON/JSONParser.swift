/// Why a text is not the JSON that we take.
struct JSONFault: Error, Sendable, Hashable {
  /// Where, in bytes from the start.
  let offset: Int
  /// A code that does not change: `syntax`, `depth`, `duplicate`, `encoding`.
  let code: String
}

/// Reads JSON as RFC 8259 has it and nothing more: no comments, no trailing commas, no name twice, at most 16 levels.
///
/// Strict because a request that two readers understand differently is how checks are passed by.
struct JSONParser {
  static let deepest = 16
  private let bytes: [UInt8]
  private var position = 0

  /// Reads one value; anything behind it is a fault.
  static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONFault(offset: 0, code: "encoding") }
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.fault() }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func fault(_ code: String = "syntax") -> JSONFault { JSONFault(offset: position, code: code) }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws(JSONFault) {
    guard current == byte else { throw fault() }
    position += 1
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth < Self.deepest else { throw fault("depth") }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFault) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw fault() }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(UInt8(ascii: "{"))
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipSpace()
    if current == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      skipSpace()
      let name = try text()
      if !names.insert(name).inserted { throw fault("duplicate") }
      skipSpace()
      try expect(UInt8(ascii: ":"))
      members.append(.init(name: name, value: try value(depth: depth + 1)))
      skipSpace()
      if current == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "}"))
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
    try expect(UInt8(ascii: "["))
    var elements: [JSONValue] = []
    skipSpace()
    if current == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if current == UInt8(ascii: ",") {
        position += 1
        continue
      }
      try expect(UInt8(ascii: "]"))
      return .array(elements)
    }
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONFault) -> String {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    let leadingZero = current == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !leadingZero || whole == 1 else { throw fault() }
    if current == UInt8(ascii: ".") {
      position += 1
      guard digits() > 0 else { throw fault() }
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      guard digits() > 0 else { throw fault() }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func text() throws(JSONFault) -> String {
    try expect(UInt8(ascii: "\""))
    var output: [UInt8] = []
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: output, as: UTF8.self)
      case UInt8(ascii: "\\"): output.append(contentsOf: try escape())
      case 0..<0x20: throw fault()
      default: output.append(byte)
      }
    }
    throw fault()
  }

  private mutating func escape() throws(JSONFault) -> [UInt8] {
    guard let byte = current else { throw fault() }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try hex()]
      // A high surrogate counts only together with the low one behind it.
      if (0xD800..<0xDC00).contains(units[0]) {
        try expect(UInt8(ascii: "\\"))
        try expect(UInt8(ascii: "u"))
        units.append(try hex())
      }
      guard let text = String(validating: units, as: UTF16.self) else { throw fault("encoding") }
      return Array(text.utf8)
    default: throw fault()
    }
  }

  private mutating func hex() throws(JSONFault) -> UInt16 {
    guard position + 4 <= bytes.count else { throw fault() }
    var unit: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw fault() }
      unit = unit << 4 | UInt16(digit)
    }
    position += 4
    return unit
  }
}
