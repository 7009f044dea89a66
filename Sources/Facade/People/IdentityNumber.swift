public import Kernel

/// A resident identity number that is right in itself: 18 places, a known area, a real birth date, a matching check digit.
///
/// Standard: GB 11643-1999; the check digit is ISO 7064 MOD 11-2. Whether the number belongs to the person who typed it
/// is another question, which only the issuing authority answers.
public struct IdentityNumber: Sendable, Hashable {
  /// 18 characters, the last one a digit or `X`; a value of label L3, so it is sealed wherever it is stored.
  public let text: String
  /// The birth date inside the number.
  public let birthDate: CivilDate

  /// What is wrong with a number, the part that a person can look at first.
  public enum Fault: String, Error, Sendable, CaseIterable {
    case empty, length, characters, area, date, future, tooOld, check

    /// What to do, in Chinese.
    public var message: String {
      switch self {
      case .empty: "请填写身份证号"
      case .length: "身份证号应为 18 位，请检查"
      case .characters: "身份证号前 17 位应为数字，最后一位为数字或 X，请检查"
      case .area: "身份证号前两位的地区代码不存在，请检查"
      case .date: "身份证号中的出生日期不存在，请检查第 7 至 14 位"
      case .future: "身份证号中的出生日期晚于今天，请检查第 7 至 14 位"
      case .tooOld: "身份证号中的出生日期早于 1900 年，请检查第 7 至 14 位"
      case .check: "身份证号最后一位不对，请检查"
      }
    }
  }

  /// A number as typed; `nil` when any part is wrong. A lower-case `x`, full-width digits and spaces around are accepted.
  public init?(checking text: String, today: CivilDate = CivilDate(SystemClock().now())) {
    guard case .success(let number) = Self.check(text, today: today) else { return nil }
    self = number
  }

  /// A number as typed, or the first part that is wrong.
  public static func check(_ typed: String, today: CivilDate) -> Result<IdentityNumber, Fault> {
    let text = normalizedDigits(typed)
    let places = Array(text.utf8)
    if places.isEmpty { return .failure(.empty) }
    if text.count != 18 { return .failure(.length) }
    guard places.count == 18, places.dropLast().allSatisfy(isDigit),
      isDigit(places[17]) || places[17] == UInt8(ascii: "X")
    else { return .failure(.characters) }
    guard areas.contains(String(text.prefix(2))) else { return .failure(.area) }
    guard let birthDate = date(places[6..<14]) else { return .failure(.date) }
    if birthDate > today { return .failure(.future) }
    if birthDate.year < 1900 { return .failure(.tooOld) }
    guard checkCharacter(of: places.prefix(17)) == places[17] else { return .failure(.check) }
    return .success(IdentityNumber(text: text, birthDate: birthDate))
  }

  /// The number with the check digit that belongs to 17 digits; `nil` when they are not a number. For generated people.
  static func completing(_ seventeen: String, today: CivilDate) -> IdentityNumber? {
    let places = Array(seventeen.utf8)
    guard places.count == 17, places.allSatisfy(isDigit) else { return nil }
    let check = String(decoding: [checkCharacter(of: places[...])], as: UTF8.self)
    return IdentityNumber(checking: seventeen + check, today: today)
  }

  /// The number as staff may see it: the first three and the last four places.
  public var masked: String { text.prefix(3) + String(repeating: "*", count: 11) + text.suffix(4) }

  private init(text: String, birthDate: CivilDate) {
    self.text = text
    self.birthDate = birthDate
  }

  /// The provinces of GB/T 2260, and the codes of residents from Hong Kong, Macao and Taiwan.
  private static let areas: Set<String> = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
  ]

  /// ISO 7064 MOD 11-2: doubling and adding from the left, eleven digits of which the eleventh is written X.
  private static func checkCharacter(of places: ArraySlice<UInt8>) -> UInt8 {
    let remainder = places.reduce(0) { ($0 + Int($1 - UInt8(ascii: "0"))) * 2 % 11 }
    let check = (12 - remainder) % 11
    return check == 10 ? UInt8(ascii: "X") : UInt8(ascii: "0") + UInt8(check)
  }

  private static func date(_ digits: ArraySlice<UInt8>) -> CivilDate? {
    let numbers = digits.map { Int($0 - UInt8(ascii: "0")) }
    return CivilDate(
      year: numbers[0..<4].reduce(0) { $0 * 10 + $1 }, month: numbers[4] * 10 + numbers[5],
      day: numbers[6] * 10 + numbers[7])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension IdentityNumber: CustomStringConvertible, CustomReflectable {
  /// Never the whole number: it would end up in a log.
  public var description: String { masked }
  /// Never the whole number.
  public var customMirror: Mirror { Mirror(self, children: ["masked": masked]) }
}
