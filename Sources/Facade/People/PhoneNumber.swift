/// A mobile number of mainland China: 11 digits, the second one 3 to 9.
public struct PhoneNumber: Sendable, Hashable {
  /// 11 digits; a value of label L3, so it is sealed wherever it is stored.
  public let text: String

  /// A number as typed; `+86`, `0086`, spaces and dashes are accepted. `nil` for anything else.
  public init?(checking typed: String) {
    var text = normalizedDigits(typed).filter { $0 != " " && $0 != "-" }
    for prefix in ["+86", "0086", "86"] where text.hasPrefix(prefix) && text.count == 11 + prefix.count {
      text.removeFirst(prefix.count)
    }
    let digits = Array(text.utf8)
    guard digits.count == 11, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      digits[0] == UInt8(ascii: "1"), digits[1] >= UInt8(ascii: "3")
    else { return nil }
    self.text = text
  }

  /// The number as staff may see it.
  public var masked: String { text.prefix(3) + "****" + text.suffix(4) }
}

extension PhoneNumber: CustomStringConvertible, CustomReflectable {
  /// Never the whole number: it would end up in a log.
  public var description: String { masked }
  /// Never the whole number.
  public var customMirror: Mirror { Mirror(self, children: ["masked": masked]) }
}
