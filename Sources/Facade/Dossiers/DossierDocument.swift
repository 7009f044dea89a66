import Kernel

/// A dossier as MongoDB keeps it: the fold of a person's changes, and nothing that cannot be folded again.
///
/// Sections and fields stand in the order in which they first appeared, so the same changes give the same bytes.
struct DossierDocument: Codable, Sendable, Hashable {
  struct Field: Codable, Sendable, Hashable {
    let value: String
    let sealed: String?
    let source: String
    let validFrom: String
    let recordedAt: Instant
    let revision: Int64
    let account: AccountID?
  }

  struct Section: Codable, Sendable, Hashable {
    var schema: Int
    var fields: OrderedFields<Field>
  }

  let person: PersonID
  private(set) var revision: Int64 = 0
  private(set) var sections = OrderedFields<Section>()

  private enum CodingKeys: String, CodingKey {
    case person = "_id"
    case revision, sections
  }

  /// The dossier of a person before its first change.
  init(person: PersonID) { self.person = person }

  /// Applies the next change; `false` when it is not the next, and then nothing has changed.
  mutating func apply(_ change: LoggedChange) -> Bool {
    guard change.revision == revision + 1 else { return false }
    revision = change.revision
    let document = change.document
    var section = sections[document.section.rawValue] ?? Section(schema: document.schema, fields: OrderedFields())
    section.schema = document.schema
    for field in document.fields {
      section.fields[field.name] = Field(
        value: field.value, sealed: field.sealed, source: field.source, validFrom: field.validFrom.description,
        recordedAt: change.recordedAt, revision: change.revision, account: change.account)
    }
    sections[document.section.rawValue] = section
    return true
  }

  /// Applies all changes that follow; stops at a gap.
  mutating func apply(_ changes: some Sequence<LoggedChange>) {
    for change in changes where change.revision > revision {
      if !apply(change) { return }
    }
  }
}

/// Named values in the order in which the names first came.
struct OrderedFields<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  private(set) var entries: [(name: String, value: Value)] = []

  init() {}

  subscript(name: String) -> Value? {
    get { entries.first { $0.name == name }?.value }
    set {
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append((name, value))
      case (nil, nil): break
      }
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    entries = try container.allKeys.map { ($0.stringValue, try container.decode(Value.self, forKey: $0)) }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    for entry in entries { try container.encode(entry.value, forKey: Name(stringValue: entry.name)) }
  }

  static func == (left: Self, right: Self) -> Bool {
    left.entries.elementsEqual(right.entries) { $0.name == $1.name && $0.value == $1.value }
  }

  func hash(into hasher: inout Hasher) {
    for entry in entries {
      hasher.combine(entry.name)
      hasher.combine(entry.value)
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
