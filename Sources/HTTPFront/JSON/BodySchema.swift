import Facade

/// One field of a request's body: the same declaration checks the body and describes it in the OpenAPI document.
struct BodyField: Sendable {
  /// What may stand there.
  indirect enum Kind: Sendable {
    case text
    case number
    case integer
    /// Names with texts: an application form, whose fields the service's definition names.
    case textMap
    case list([BodyField])
  }

  let name: String
  let kind: Kind
  let required: Bool
  let note: String

  static func required(_ name: String, _ note: String) -> BodyField { required(name, .text, note) }

  static func required(_ name: String, _ kind: Kind, _ note: String) -> BodyField {
    BodyField(name: name, kind: kind, required: true, note: note)
  }

  static func optional(_ name: String, _ note: String) -> BodyField { optional(name, .text, note) }

  static func optional(_ name: String, _ kind: Kind, _ note: String) -> BodyField {
    BodyField(name: name, kind: kind, required: false, note: note)
  }
}

/// A body whose fields have been checked against their declaration.
struct CheckedBody: Sendable {
  private let values: [String: JSONValue]

  /// Checks an object: unknown names, wrong kinds and missing fields are all reported at once.
  init(_ value: JSONValue, _ fields: [BodyField], path: String = "") throws(HaijuError) {
    guard case .object(let members) = value else {
      throw .invalid([FieldFault(path, "type", "请求内容应为一个对象")])
    }
    var faults: [FieldFault] = []
    var values: [String: JSONValue] = [:]
    var hasUnknown = false
    for member in members {
      let name = path.isEmpty ? member.name : "\(path).\(member.name)"
      guard let field = fields.first(where: { $0.name == member.name }) else {
        hasUnknown = true
        continue
      }
      if member.value == .null, !field.required { continue }
      if let fault = Self.fault(in: member.value, of: field, named: name) { faults += fault }
      values[member.name] = member.value
    }
    // Told once however many there are; their names are what somebody typed and stay out of the answer.
    if hasUnknown { faults.append(FieldFault(path, "unknown", "请求中有不认识的字段，请对照接口说明检查")) }
    for field in fields where field.required && !members.contains(where: { $0.name == field.name }) {
      let name = path.isEmpty ? field.name : "\(path).\(field.name)"
      faults.append(FieldFault(name, "required", "缺少“\(field.note)”"))
    }
    guard faults.isEmpty else { throw .invalid(faults) }
    self.values = values
  }

  private static func fault(in value: JSONValue, of field: BodyField, named name: String) -> [FieldFault]? {
    func wrong(_ expected: String) -> [FieldFault] {
      [FieldFault(name, "type", "“\(field.note)”应为\(expected)，收到的是\(value.kind)")]
    }
    switch (field.kind, value) {
    case (.text, .text), (.number, .number): return nil
    case (.integer, .number(let digits)): return Int64(digits) == nil ? wrong("整数") : nil
    case (.textMap, .object(let members)):
      let bad = members.filter { if case .text = $0.value { false } else { true } }
      return bad.isEmpty ? nil : [FieldFault(name, "type", "“\(field.note)”中的每一项都应为文字")]
    case (.list(let fields), .array(let elements)):
      for (index, element) in elements.enumerated() {
        do {
          _ = try CheckedBody(element, fields, path: "\(name)[\(index)]")
        } catch {
          if case .invalid(let faults) = error { return faults }
        }
      }
      return nil
    case (.text, _): return wrong("文字")
    case (.number, _): return wrong("数字")
    case (.integer, _): return wrong("整数")
    case (.textMap, _): return wrong("对象")
    case (.list, _): return wrong("列表")
    }
  }

  /// The text of a field; `""` where an optional one is absent.
  func text(_ name: String) -> String { optionalText(name) ?? "" }

  /// The text of a field, or `nil` where it is absent.
  func optionalText(_ name: String) -> String? {
    if case .text(let text)? = values[name] { text } else { nil }
  }

  /// The whole number of a field.
  func integer(_ name: String) -> Int64? {
    if case .number(let digits)? = values[name] { Int64(digits) } else { nil }
  }

  /// The number of a field.
  func number(_ name: String) -> Double? {
    if case .number(let digits)? = values[name] { Double(digits) } else { nil }
  }

  /// The names and texts of a field.
  func textMap(_ name: String) -> [String: String] {
    guard case .object(let members)? = values[name] else { return [:] }
    return Dictionary(
      members.map { member in
        if case .text(let text) = member.value { (member.name, text) } else { (member.name, "") }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The checked elements of a list.
  func list(_ name: String, _ fields: [BodyField]) throws(HaijuError) -> [CheckedBody] {
    guard case .array(let elements)? = values[name] else { return [] }
    var checked: [CheckedBody] = []
    for (index, element) in elements.enumerated() {
      checked.append(try CheckedBody(element, fields, path: "\(name)[\(index)]"))
    }
    return checked
  }
}
