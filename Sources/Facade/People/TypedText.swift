import Foundation

/// Upper case without spaces around, full-width forms made plain: what an input method does to digits is no fault.
func normalizedDigits(_ typed: String) -> String {
  typed.precomposedStringWithCompatibilityMapping.trimmingCharacters(in: .whitespacesAndNewlines).uppercased()
}

/// Checks texts that people typed and collects what is wrong, so that all wrong fields are told at once.
struct InputCheck {
  private(set) var faults: [FieldFault] = []

  /// Adds a fault.
  mutating func refuse(_ field: String, _ code: String, _ message: String) {
    faults.append(FieldFault(field, code, message))
  }

  /// Adds faults found elsewhere.
  mutating func refuse(_ others: [FieldFault]) { faults += others }

  /// A text without spaces around; `label` is what the screen calls the field.
  mutating func text(
    _ field: String, _ label: String, _ typed: String, _ lengths: ClosedRange<Int>, lines: Bool = false
  ) -> String {
    let text = typed.trimmingCharacters(in: .whitespacesAndNewlines)
    // Lengths are counted as PostgreSQL counts them, in code points.
    let length = text.unicodeScalars.count
    if length == 0 && lengths.lowerBound > 0 {
      refuse(field, "required", "请填写\(label)")
    } else if length < lengths.lowerBound {
      refuse(field, "too_short", "\(label)至少 \(lengths.lowerBound) 个字")
    } else if length > lengths.upperBound {
      refuse(field, "too_long", "\(label)最多 \(lengths.upperBound) 个字")
    } else if text.unicodeScalars.contains(where: { isUnseen($0) && !(lines && ($0 == "\n" || $0 == "\r")) }) {
      refuse(field, "characters", "\(label)含有不能使用的字符，请重新输入")
    }
    return text
  }

  /// A text that may be left out; blank counts as left out.
  mutating func optionalText(
    _ field: String, _ label: String, _ typed: String?, upTo limit: Int, lines: Bool = false
  ) -> String? {
    let text = text(field, label, typed ?? "", 0...limit, lines: lines)
    return text.isEmpty ? nil : text
  }

  /// A person's name: letters of any script, `·`, `.`, `-`, `'` and single spaces.
  mutating func personName(_ field: String, _ label: String, _ typed: String) -> String {
    let before = faults.count
    let name = text(field, label, typed, 2...40)
    if faults.count == before, !name.allSatisfy({ $0.isLetter || "·.-' ".contains($0) }) || name.contains("  ") {
      refuse(field, "characters", "\(label)只能用文字、间隔号和空格")
    } else if faults.count == before, name.first?.isLetter != true {
      refuse(field, "characters", "\(label)须以文字开头")
    }
    return name
  }

  /// The name of an account: lower case, begins with a letter, 3 to 40 places.
  mutating func accountName(_ field: String, _ typed: String) -> String {
    let name = typed.trimmingCharacters(in: .whitespacesAndNewlines)
    let places = Array(name.utf8)
    let fits =
      (3...40).contains(places.count) && places.first.map(isLowerCase) == true
      && places.allSatisfy { isLowerCase($0) || (48...57).contains($0) || "._-".utf8.contains($0) }
    if !fits { refuse(field, "account_name", "登录名须为 3 至 40 位小写字母、数字或 . _ -，以字母开头") }
    return name
  }

  /// Throws everything that was found.
  func finish() throws(HaijuError) {
    if !faults.isEmpty { throw .invalid(faults) }
  }

  private func isLowerCase(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
}

/// Whether a character shows nothing itself: controls, and the marks that turn the direction of text, join lines or hide
/// in it and so disguise what is written.
///
/// The joiners stay, because scripts and emoji need them between characters that show.
func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .lineSeparator, .paragraphSeparator: true
  case .format: !(scalar.value == 0x200C || scalar.value == 0x200D || (0xE0020...0xE007F).contains(scalar.value))
  default: false
  }
}
