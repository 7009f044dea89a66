import Yams

/// Something wrong in a definition file: where, and what to do.
struct DefinitionProblem: Hashable {
  let file: String
  /// Counted from 1; 0 when the file as a whole is meant.
  let line: Int
  let key: String
  let message: String

  /// As the publisher reads it: file and line first, as compilers do.
  var description: String {
    "\(file)\(line > 0 ? ":\(line)" : "")\(key.isEmpty ? "" : " \(key)")：\(message)"
  }
}

/// Collects all problems of one file, so that its author sees them at once.
final class DefinitionNotes {
  let file: String
  private(set) var problems: [DefinitionProblem] = []

  init(file: String) { self.file = file }

  func note(_ line: Int?, _ key: String, _ message: String) {
    problems.append(DefinitionProblem(file: file, line: line ?? 0, key: key, message: message))
  }
}

/// The keys of one mapping in a definition file.
///
/// Every reading method notes what is wrong and goes on with a harmless value; the file counts only without notes.
struct DefinitionKeys {
  private let mapping: Node.Mapping
  private let path: String
  private let line: Int?
  private let notes: DefinitionNotes

  /// `nil` when the node is no mapping; keys outside `allowed` are noted.
  init?(_ node: Node, path: String, allowed: Set<String>, notes: DefinitionNotes) {
    guard let mapping = node.mapping else {
      notes.note(node.mark?.line, path, "应当是一组“名称: 值”")
      return nil
    }
    self.mapping = mapping
    self.path = path
    self.line = node.mark?.line
    self.notes = notes
    for key in mapping.keys where !allowed.contains(key.string ?? "") {
      notes.note(key.mark?.line, full(key.string ?? "?"), "不认识的名称，请检查拼写")
    }
  }

  private func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value of a key; an empty value counts as absent.
  func node(_ key: String) -> Node? {
    guard let node = mapping[key], node.null == nil else { return nil }
    return node
  }

  func note(_ key: String, _ message: String) { notes.note(node(key)?.mark?.line ?? line, full(key), message) }

  /// A required text.
  func text(_ key: String, atMost limit: Int) -> String {
    if let text = optionalText(key, atMost: limit) { return text }
    if node(key) == nil { note(key, "缺少这一项") }
    return ""
  }

  /// A text that may be absent.
  func optionalText(_ key: String, atMost limit: Int) -> String? {
    guard let node = node(key) else { return nil }
    guard let scalar = node.scalar else {
      note(key, "应当是文字")
      return nil
    }
    let text = scalar.string
    if text.isEmpty || text.count > limit { note(key, "应当有 1 至 \(limit) 个字") }
    return text
  }

  /// A required whole number.
  func number(_ key: String, in range: ClosedRange<Int>) -> Int {
    guard let node = node(key) else {
      note(key, "缺少这一项")
      return range.lowerBound
    }
    guard let number = node.int, range.contains(number) else {
      note(key, "应当是 \(range.lowerBound) 至 \(range.upperBound) 的整数")
      return range.lowerBound
    }
    return number
  }

  /// A required `true` or `false`.
  func flag(_ key: String) -> Bool {
    guard let node = node(key) else {
      note(key, "缺少这一项")
      return false
    }
    if node.bool == nil { note(key, "应当是 true 或 false") }
    return node.bool ?? false
  }

  /// A required word of a fixed set.
  func word<Word: RawRepresentable & CaseIterable>(_ key: String, _ type: Word.Type) -> Word?
  where Word.RawValue == String {
    let text = text(key, atMost: 40)
    if let word = Word(rawValue: text) { return word }
    if !text.isEmpty { note(key, "只能是 \(Word.allCases.map(\.rawValue).joined(separator: "、"))") }
    return nil
  }

  /// The items of a list with their paths; an absent list is empty.
  func items(_ key: String) -> [(node: Node, path: String)] {
    guard let node = node(key) else { return [] }
    guard let sequence = node.sequence else {
      note(key, "应当是一个列表")
      return []
    }
    return sequence.enumerated().map { ($1, "\(full(key))[\($0)]") }
  }

  /// A list of texts.
  func texts(_ key: String, atMost limit: Int) -> [String] {
    items(key).compactMap { node, path in
      guard let text = node.scalar?.string, !text.isEmpty, text.count <= limit else {
        notes.note(node.mark?.line, path, "应当是 1 至 \(limit) 个字的文字")
        return nil
      }
      return text
    }
  }
}
