import GMCrypto

/// The code by which a certification is shown and checked: `HJ`, twelve random characters, a check character.
///
/// It says nothing about the person and cannot be guessed (62 bits from the provider's randomness); the check character
/// finds every single wrong character and nearly every swap. Standard: ISO 7064 MOD 37,36.
public struct TalentCode: Sendable, Hashable {
  /// 15 characters, digits and capital letters.
  public let text: String

  /// A code as typed; lower case and spaces around are accepted. `nil` when it is no code or its check fails.
  public init?(checking typed: String) {
    let text = normalizedDigits(typed)
    let characters = Array(text.utf8)
    guard characters.count == 15, characters.starts(with: Self.prefix),
      let expected = Self.check(characters.dropLast()), characters.last == expected
    else { return nil }
    self.text = text
  }

  /// Whether a text is a code whose check character fits; says nothing about whether it was issued.
  public static func isValid(_ text: String) -> Bool { TalentCode(checking: text) != nil }

  /// A new code.
  static func make(from provider: any CryptoProvider) throws(CryptoError) -> TalentCode {
    var random: [UInt8] = []
    while random.count < 12 {
      // 252 is the largest multiple of 36 that a byte holds; larger bytes would favour the first characters.
      random += try provider.random(16).filter { $0 < 252 }.map { alphabet[Int($0 % 36)] }
    }
    return TalentCode(random: random.prefix(12))
  }

  /// The code of twelve characters of the alphabet.
  init(random: ArraySlice<UInt8>) {
    let body = Self.prefix + random
    // Every character is of the alphabet, so there is a check character.
    text = String(decoding: body + [Self.check(body[...]) ?? UInt8(ascii: "0")], as: UTF8.self)
  }

  private static let prefix = Array("HJ".utf8)
  /// In the order of the standard: the place of a character is its value.
  static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

  /// The hybrid system: the carried product stays in 1...36, modulo 36 when adding and 37 when doubling.
  static func check(_ body: ArraySlice<UInt8>) -> UInt8? {
    var product = 36
    for character in body {
      guard let value = value(character) else { return nil }
      let sum = (product + value) % 36
      product = (sum == 0 ? 36 : sum) * 2 % 37
    }
    return alphabet[(37 - product) % 36]
  }

  private static func value(_ character: UInt8) -> Int? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
