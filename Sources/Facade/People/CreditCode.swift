/// The unified social credit code of an organisation: 18 characters, the last one a check character.
///
/// Standard: GB 32100-2015, whose alphabet has no I, O, S, V and Z; the check is a weighted sum with powers of 3 modulo 31.
public struct CreditCode: Sendable, Hashable {
  /// 18 characters.
  public let text: String

  /// A code as typed; lower case and spaces around are accepted. `nil` for anything that is no code.
  public init?(checking typed: String) {
    let text = normalizedDigits(typed)
    guard text.utf8.count == 18, let expected = Self.check(text.prefix(17)), text.last == expected else { return nil }
    self.text = text
  }

  /// The code with the check character that belongs to the first 17; `nil` when one of them is not in the alphabet.
  init?(completing seventeen: String) {
    guard seventeen.utf8.count == 17, let check = Self.check(Substring(seventeen)) else { return nil }
    text = seventeen + String(check)
  }

  private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")

  private static func check(_ characters: Substring) -> Character? {
    var (sum, weight) = (0, 1)
    for character in characters {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      sum += value * weight
      weight = weight * 3 % 31
    }
    return alphabet[(31 - sum % 31) % 31]
  }
}
