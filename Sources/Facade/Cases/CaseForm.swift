import Foundation
import Kernel

/// One filled field, with the label that the form had when it was sent.
public struct FormValue: Sendable, Hashable, Codable {
  /// The field's name in the API.
  public let name: String
  /// The field's name on the page.
  public let label: String
  /// What was filled in.
  public let value: String
}

/// Checks what was typed against the fields of a definition.
enum CaseForm {
  /// The most characters that a field holds.
  static let longest = 500

  /// The values in the order of the form; throws `.invalid` with a fault for every field that is wrong.
  static func check(
    _ form: [String: String], fields: [FormField], today: CivilDate
  ) throws(HaijuError) -> [FormValue] {
    var faults: [FieldFault] = []
    var values: [FormValue] = []
    for field in fields {
      let value = trimmed(form[field.name] ?? "")
      if let fault = fault(of: value, in: field, today) {
        faults.append(fault)
      } else if !value.isEmpty {
        values.append(FormValue(name: field.name, label: field.label, value: value))
      }
    }
    // Names were typed by the caller too, so only so many characters of so many of them come back.
    let unknown = form.keys.filter { name in !fields.contains { $0.name == name } }.sorted()
    faults += unknown.prefix(20).map { FieldFault(String($0.prefix(40)), "unknown", "表单里没有这一项，请去掉") }
    if !faults.isEmpty { throw .invalid(faults) }
    return values
  }

  /// Whether a form that is sent again says what the first one said.
  static func isSame(_ form: [String: String], as values: [FormValue]) -> Bool {
    let sent = form.mapValues(trimmed).filter { !$0.value.isEmpty }
    return sent == Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  private static func fault(of value: String, in field: FormField, _ today: CivilDate) -> FieldFault? {
    if value.isEmpty {
      return field.required ? FieldFault(field.name, "required", "请填写\(field.label)") : nil
    }
    if value.count > longest || value.utf8.count > longest * 8 {
      return FieldFault(field.name, "too_long", "\(field.label)太长，请控制在 \(longest) 字以内")
    }
    if !value.unicodeScalars.allSatisfy(isReadable) {
      return FieldFault(field.name, "characters", "\(field.label)含有无法显示的字符，请重新输入")
    }
    switch field.type {
    case .text: return nil
    case .number:
      return isNumber(value) ? nil : FieldFault(field.name, "number", "\(field.label)请填写数字，例如 3 或 2.5")
    case .date, .pastDate:
      guard let date = CivilDate(value) else {
        return FieldFault(field.name, "date", "\(field.label)请填写真实的日期，例如 2026-11-23")
      }
      let isAhead = field.type == .pastDate && date > today
      return isAhead ? FieldFault(field.name, "future", "\(field.label)不能晚于今天，请检查年月日") : nil
    case .choice:
      return field.options.contains(value) ? nil : FieldFault(field.name, "choice", "\(field.label)请从选项中选择")
    }
  }

  private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\r" || scalar == "\t" || !isUnseen(scalar)
  }

  /// Digits with at most one point and a sign in front; up to 15 digits, which every receiver keeps exactly.
  static func isNumber(_ text: String) -> Bool {
    let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let parts = unsigned.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = parts.joined()
    return digits.count <= 15 && parts.allSatisfy { !$0.isEmpty }
      && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

/// A remark of a clerk or an applicant without spaces around; `nil` when it is blank and need not be there.
func checkedRemark(
  _ text: String?, field: String, label: String, required: Bool, atMost limit: Int
) throws(HaijuError) -> String? {
  var check = InputCheck()
  let remark = check.text(field, label, text ?? "", (required ? 1 : 0)...limit, lines: true)
  try check.finish()
  return remark.isEmpty ? nil : remark
}
