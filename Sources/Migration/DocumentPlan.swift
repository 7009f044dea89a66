import Documents

/// A `.documents.json` file, read: collections with their validators and indexes.
///
/// Every operation may be repeated, so a run that was killed in the middle is simply run again.
struct DocumentPlan: Sendable {
  struct Collection: Sendable {
    let name: String
    let validator: BSONDocument?
    let indexes: [BSONDocument]
  }

  let collections: [Collection]

  /// Why a file is no plan.
  struct Failure: Error {
    let line: Int?
    let problem: String
  }

  init(_ text: [UInt8]) throws(Failure) {
    let json: OrderedJSON
    do { json = try OrderedJSON(text) } catch { throw Failure(line: error.line, problem: error.problem) }
    var root = try Members(json, of: "the file")
    let list = try root.required("collections").list("collections")
    try root.finish()
    var collections: [Collection] = []
    for item in list { collections.append(try Collection(item)) }
    guard !collections.isEmpty else { throw Failure(line: nil, problem: "no collection") }
    self.collections = collections
  }

  /// The commands of the plan in order, each with the server's code that means "is so already".
  var commands: [(command: BSONDocument, alreadySo: Int32?)] {
    collections.flatMap { collection -> [(BSONDocument, Int32?)] in
      // NamespaceExists
      var commands: [(BSONDocument, Int32?)] = [(["create": .string(collection.name)], 48)]
      if let validator = collection.validator {
        commands.append((["collMod": .string(collection.name), "validator": .document(validator)], nil))
      }
      if !collection.indexes.isEmpty {
        let indexes = collection.indexes.map(BSONValue.document)
        commands.append((["createIndexes": .string(collection.name), "indexes": .array(indexes)], nil))
      }
      return commands
    }
  }
}

extension DocumentPlan.Collection {
  fileprivate init(_ json: OrderedJSON) throws(DocumentPlan.Failure) {
    var members = try Members(json, of: "a collection")
    name = try members.required("name").text("name")
    guard !name.isEmpty, !name.hasPrefix("system."), !name.contains("$"), !name.contains("\0") else {
      throw DocumentPlan.Failure(line: nil, problem: "a collection has no usable name")
    }
    if let json = members.optional("validator") {
      validator = try json.document("validator of \(name)")
    } else {
      validator = nil
    }
    var indexes: [BSONDocument] = []
    for item in try members.optional("indexes")?.list("indexes") ?? [] { indexes.append(try Self.index(item)) }
    self.indexes = indexes
    try members.finish()
  }

  /// An index as `createIndexes` wants it.
  private static func index(_ json: OrderedJSON) throws(DocumentPlan.Failure) -> BSONDocument {
    var members = try Members(json, of: "an index")
    let name = try members.required("name").text("name")
    let keys = try members.required("keys").document("keys of \(name)")
    guard !keys.isEmpty else { throw DocumentPlan.Failure(line: nil, problem: "the index \(name) has no keys") }
    var index: BSONDocument = ["name": .string(name), "key": .document(keys)]
    if let unique = members.optional("unique") {
      guard case .bool(let unique) = unique else {
        throw DocumentPlan.Failure(line: nil, problem: "unique of \(name) is neither true nor false")
      }
      index.append("unique", .bool(unique))
    }
    if let seconds = members.optional("expireAfterSeconds") {
      guard case .integer(let seconds) = seconds, (0...Int64(Int32.max)).contains(seconds) else {
        throw DocumentPlan.Failure(line: nil, problem: "expireAfterSeconds of \(name) is not a number of seconds")
      }
      index.append("expireAfterSeconds", .int32(Int32(seconds)))
    }
    if let filter = members.optional("partialFilter") {
      index.append("partialFilterExpression", .document(try filter.document("partialFilter of \(name)")))
    }
    try members.finish()
    return index
  }
}

/// The members of an object, taken out one by one; what is left at the end was not understood.
private struct Members {
  private let owner: String
  private var rest: [OrderedJSON.Member]

  init(_ json: OrderedJSON, of owner: String) throws(DocumentPlan.Failure) {
    guard case .object(let members) = json else {
      throw DocumentPlan.Failure(line: nil, problem: "\(owner) is not an object")
    }
    (self.owner, rest) = (owner, members)
  }

  mutating func optional(_ key: String) -> OrderedJSON? {
    guard let index = rest.firstIndex(where: { $0.key == key }) else { return nil }
    return rest.remove(at: index).value
  }

  mutating func required(_ key: String) throws(DocumentPlan.Failure) -> OrderedJSON {
    guard let value = optional(key) else {
      throw DocumentPlan.Failure(line: nil, problem: "\(owner) lacks \(key)")
    }
    return value
  }

  // A misspelt key that was passed over would leave an index without its uniqueness.
  func finish() throws(DocumentPlan.Failure) {
    guard let unknown = rest.first else { return }
    throw DocumentPlan.Failure(line: nil, problem: "\(owner) has an unknown key \(unknown.key)")
  }
}

extension OrderedJSON {
  fileprivate func text(_ name: String) throws(DocumentPlan.Failure) -> String {
    guard case .string(let text) = self else { throw DocumentPlan.Failure(line: nil, problem: "\(name) is not a text") }
    return text
  }

  fileprivate func list(_ name: String) throws(DocumentPlan.Failure) -> [OrderedJSON] {
    guard case .array(let list) = self else { throw DocumentPlan.Failure(line: nil, problem: "\(name) is not a list") }
    return list
  }

  fileprivate func document(_ name: String) throws(DocumentPlan.Failure) -> BSONDocument {
    guard case .document(let document) = bson else {
      throw DocumentPlan.Failure(line: nil, problem: "\(name) is not an object")
    }
    return document
  }

  /// The value with its order kept; whole numbers become the smaller integer type that holds them.
  private var bson: BSONValue {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .integer(let value): Int32(exactly: value).map(BSONValue.int32) ?? .int64(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .array(let values): .array(values.map(\.bson))
    case .object(let members): .document(BSONDocument(members.map { ($0.key, $0.value.bson) }))
    }
  }
}
