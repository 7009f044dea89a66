import Kernel

/// The code of a case: `BJ`, the day, and eight characters that nobody can guess.
enum CaseCode {
  /// Digits and letters that are not taken for each other, 32 of them: 40 random bits in a code.
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

  /// A new code of a day in Shanghai.
  static func make(on day: CivilDate, using random: inout some RandomNumberGenerator) -> String {
    let letters = (0..<8).map { _ in alphabet[Int(random.next() & 31)] }
    return "BJ\(day.description.filter { $0 != "-" })-\(String(letters))"
  }

  /// A code as people type it: small letters and spaces around are fine.
  static func normalized(_ typed: String) -> String { normalizedDigits(typed) }
}
