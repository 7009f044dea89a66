/// A JSON value whose objects keep the order of their members, so that an answer reads the same every time.
enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number as written: digits are neither lost nor gained on the way through.
  case number(String)
  case text(String)
  case array([JSONValue])
  case object([Member])

  /// A name with its value.
  struct Member: Sendable, Hashable {
    let name: String
    let value: JSONValue
  }

  /// What the value is, for messages to people.
  var kind: String {
    switch self {
    case .null: "空值"
    case .bool: "是或否"
    case .number: "数字"
    case .text: "文字"
    case .array: "列表"
    case .object: "对象"
    }
  }
}

extension JSONValue {
  /// An object; members whose value is `nil` are left out.
  static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
  }

  /// A text, or nothing.
  static func optional(_ text: String?) -> JSONValue? { text.map(JSONValue.text) }

  /// Anything that prints as its text: ids, instants, days, marks.
  static func printed(_ value: (some CustomStringConvertible)?) -> JSONValue? { value.map { .text($0.description) } }

  /// A whole number.
  static func integer(_ value: (some BinaryInteger)?) -> JSONValue? { value.map { .number(String($0)) } }

  /// A finite number; JSON has no others, so they become `null`.
  static func real(_ value: Double) -> JSONValue { value.isFinite ? .number("\(value)") : .null }

  /// A list of texts.
  static func texts(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.text)) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .number(String(value)) }
  init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
