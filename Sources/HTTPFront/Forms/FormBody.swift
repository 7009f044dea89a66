/// The fields of a submitted form, in the order in which they came.
struct FormBody: Sendable {
  /// A file that came with a form.
  struct File: Sendable {
    let field: String
    let name: String
    let bytes: [UInt8]
  }

  private(set) var fields: [(name: String, value: String)] = []
  private(set) var files: [File] = []

  init(fields: [(name: String, value: String)] = [], files: [File] = []) {
    self.fields = fields
    self.files = files
  }

  /// The first value of a field without surrounding blanks; `""` when there is none.
  subscript(_ name: String) -> String { trimmed(fields.first { $0.name == name }?.value ?? "") }

  /// The first value as typed, for passwords.
  func exact(_ name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

  /// The value, or `nil` when nothing was typed.
  func optional(_ name: String) -> String? {
    let value = self[name]
    return value.isEmpty ? nil : value
  }

  /// The file of a field, `nil` when none was chosen.
  func file(_ name: String) -> File? { files.first { $0.field == name && !$0.bytes.isEmpty } }

  /// Fields whose names begin with a prefix, without it.
  func group(_ prefix: String) -> [String: String] {
    let members = fields.filter { $0.name.hasPrefix(prefix) }
    return Dictionary(
      members.map { (String($0.name.dropFirst(prefix.count)), trimmed($0.value)) },
      uniquingKeysWith: { _, last in last })
  }

  /// Reads `application/x-www-form-urlencoded`; `nil` when an escape is broken or the text is not UTF-8.
  init?(urlEncoded text: String) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = percentDecoded(parts[0]), let value = percentDecoded(parts.count > 1 ? parts[1] : "") else {
        return nil
      }
      fields.append((name, value))
    }
  }
}

/// Undoes percent escapes, and in forms the `+`; `nil` when an escape is broken or the result is not UTF-8.
func percentDecoded(_ text: Substring, plusIsBlank: Bool = true) -> String? {
  var output: [UInt8] = []
  var bytes = text.utf8.makeIterator()
  while let byte = bytes.next() {
    switch byte {
    case UInt8(ascii: "+") where plusIsBlank: output.append(0x20)
    case UInt8(ascii: "%"):
      guard let high = bytes.next(), let low = bytes.next(),
        let first = Character(Unicode.Scalar(high)).hexDigitValue,
        let second = Character(Unicode.Scalar(low)).hexDigitValue
      else { return nil }
      output.append(UInt8(first << 4 | second))
    default: output.append(byte)
    }
  }
  return String(validating: output, as: UTF8.self)
}

/// A text as a part of a query: everything but letters, digits and `-._~` escaped.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF")
  var output = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      output.unicodeScalars.append(Unicode.Scalar(byte))
    default: output += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
  }
  return output
}

/// A text without blanks at its ends.
func trimmed(_ text: String) -> String {
  guard let first = text.firstIndex(where: { !$0.isWhitespace }),
    let last = text.lastIndex(where: { !$0.isWhitespace })
  else { return "" }
  return String(text[first...last])
}
