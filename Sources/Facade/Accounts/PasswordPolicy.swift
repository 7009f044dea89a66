import Foundation

/// What a new password must be: MLPS-ID-2, without the history, which needs stored hashes.
public enum PasswordPolicy {
  /// The shortest password.
  public static let shortest = 10
  /// The longest one; a hash costs the same for any length, reading megabytes of password does not.
  public static let longest = 128

  /// What is wrong with a password, all at once; empty when it will do. An empty name or phone is not looked for.
  public static func check(
    _ password: String, accountName: String, personName: String, phone: String
  ) -> [FieldFault] {
    var check = InputCheck()
    let length = password.unicodeScalars.count
    if length < shortest { check.refuse("password", "password_short", "口令至少 \(shortest) 位") }
    if length > longest { check.refuse("password", "password_long", "口令最多 \(longest) 位") }
    if length <= longest {
      if classes(of: password) < 3 {
        check.refuse("password", "password_simple", "口令须包含大写字母、小写字母、数字、符号中的至少三类")
      }
      let plain = plain(password)
      if [accountName, personName, phone].contains(where: { isPart($0, of: plain) }) {
        check.refuse("password", "password_personal", "口令不能包含登录名、姓名或手机号")
      }
      if weak.contains(plain) { check.refuse("password", "password_weak", "这个口令太常见，请换一个") }
    }
    return check.faults
  }

  /// How many of the four classes occur; letters of other scripts count as symbols, which nobody guesses first either.
  private static func classes(of password: String) -> Int {
    var found: Set<Int> = []
    for scalar in password.unicodeScalars {
      switch scalar {
      case "a"..."z": found.insert(0)
      case "A"..."Z": found.insert(1)
      case "0"..."9": found.insert(2)
      default: found.insert(3)
      }
    }
    return found.count
  }

  /// Case and full-width forms make no difference to somebody who guesses.
  private static func plain(_ text: String) -> String { text.precomposedStringWithCompatibilityMapping.lowercased() }

  private static func isPart(_ part: String, of password: String) -> Bool {
    let part = plain(part.trimmingCharacters(in: .whitespacesAndNewlines))
    return part.unicodeScalars.count >= 2 && password.contains(part)
  }

  /// Passwords that pass the classes and are tried first all the same.
  private static let weak: Set<String> = [
    "password1!", "password12", "password123", "password1234", "password@123", "password@1", "passw0rd123",
    "p@ssw0rd123",
    "p@ssword123", "admin12345", "admin123456", "admin@1234", "admin@12345", "admin@123456", "aa12345678",
    "aa123456789",
    "abcd123456", "abc@123456", "abcd@1234", "abc1234567", "a123456789", "qwer123456", "qwer@1234", "qwerty1234",
    "qwerty12345", "qwerty@123", "1qaz2wsx3edc", "1qaz@wsx3edc", "1qaz!qaz1qaz", "zaq12wsx3e", "woaini1314",
    "woaini@1314",
    "welcome123", "welcome@123", "shanghai123", "shanghai@123",
  ]
}
