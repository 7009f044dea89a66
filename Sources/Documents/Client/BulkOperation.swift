/// One change among many that travel together.
public enum BulkOperation: Sendable, Hashable {
  /// Adds a document.
  case insert(BSONDocument)
  /// Puts a whole document in the place of the first one that matches.
  case replace(BSONDocument, with: BSONDocument, upsert: Bool = false)
  /// Applies `$set` and its like to the first match, or to all.
  case update(BSONDocument, BSONDocument, upsert: Bool = false, many: Bool = false)
  /// Removes the first match, or all.
  case delete(BSONDocument, many: Bool = false)
}

/// What a single replacement or update did.
public struct UpdateOutcome: Sendable, Hashable {
  /// Documents that the filter found.
  public let matched: Int
  /// Documents that differ now.
  public let modified: Int
  /// Whether a document was added because none matched.
  public let upserted: Bool
}

/// What a bulk did, with the operations that were refused.
public struct BulkOutcome: Sendable, Hashable {
  /// An operation that was refused.
  public struct Failure: Sendable, Hashable {
    /// Which operation, counted from 0.
    public let operation: Int
    /// Why.
    public let error: DocumentError
  }

  /// Documents added by inserts.
  public internal(set) var inserted = 0
  /// Documents that filters of replacements and updates found.
  public internal(set) var matched = 0
  /// Documents that differ now.
  public internal(set) var modified = 0
  /// Documents removed.
  public internal(set) var deleted = 0
  /// Ids of documents added because nothing matched, by operation.
  public internal(set) var upserted: [Int: BSONValue] = [:]
  /// Refused operations in order. An ordered bulk ends at the first.
  public internal(set) var failures: [Failure] = []

  var changedAnything: Bool { inserted + modified + deleted + upserted.count > 0 }
}

/// Changes of one kind that go to the server as one command.
struct WriteBatch: Sendable {
  enum Kind: Sendable { case insert, update, delete }

  /// Servers take more; this keeps one command well inside their bounds and its time predictable.
  static let maximumCount = 1000
  static let maximumBytes = 12 << 20
  /// What one document may weigh (MongoDB's limit).
  static let maximumDocument = 16 << 20

  let kind: Kind
  private(set) var items: [BSONDocument] = []
  /// Which operation each item came from.
  private(set) var operations: [Int] = []
  private var bytes = 0

  init(kind: Kind) { self.kind = kind }

  /// Operations as commands, in order; an unordered bulk may be gathered by kind. Throws before anything is sent.
  static func plan(_ operations: [BulkOperation], ordered: Bool) throws(DocumentError) -> [WriteBatch] {
    var batches: [WriteBatch] = []
    var numbered = Array(operations.enumerated())
    if !ordered { numbered.sort { ($0.element.kind.rank, $0.offset) < ($1.element.kind.rank, $1.offset) } }
    for (number, operation) in numbered {
      let item = try operation.statement()
      if batches.last.map({ $0.kind != operation.kind || !$0.hasRoom(for: item) }) ?? true {
        batches.append(WriteBatch(kind: operation.kind))
      }
      batches[batches.count - 1].add(item, from: number)
    }
    return batches
  }

  /// The command as the protocol wants it.
  func command(collection: String, ordered: Bool) -> BSONDocument {
    let items = BSONValue.array(items.map(BSONValue.document))
    return switch kind {
    case .insert: ["insert": .string(collection), "ordered": .bool(ordered), "documents": items]
    case .update: ["update": .string(collection), "ordered": .bool(ordered), "updates": items]
    case .delete: ["delete": .string(collection), "ordered": .bool(ordered), "deletes": items]
    }
  }

  private func hasRoom(for item: BSONDocument) -> Bool {
    items.count < Self.maximumCount && bytes + item.bytes.count <= Self.maximumBytes
  }

  private mutating func add(_ item: BSONDocument, from operation: Int) {
    items.append(item)
    operations.append(operation)
    bytes += item.bytes.count
  }
}

extension WriteBatch.Kind {
  fileprivate var rank: Int {
    switch self {
    case .insert: 0
    case .update: 1
    case .delete: 2
    }
  }
}

extension BulkOperation {
  fileprivate var kind: WriteBatch.Kind {
    switch self {
    case .insert: .insert
    case .replace, .update: .update
    case .delete: .delete
    }
  }

  /// The operation as an item of its command. Throws `.invalid` for operators in a replacement and for an update without
  /// them, which servers would take for the other kind; `.tooLarge` for a document beyond what they take.
  fileprivate func statement() throws(DocumentError) -> BSONDocument {
    switch self {
    case .insert(let document):
      try checkSize(document)
      return document
    case .replace(let filter, let document, let upsert):
      guard !document.contains(where: { $0.key.hasPrefix("$") }) else {
        throw DocumentError(.invalid, "a replacement document contains an operator")
      }
      try checkSize(document)
      return ["q": .document(filter), "u": .document(document), "upsert": .bool(upsert)]
    case .update(let filter, let update, let upsert, let many):
      guard !update.isEmpty, update.allSatisfy({ $0.key.hasPrefix("$") }) else {
        throw DocumentError(.invalid, "an update consists of operators")
      }
      try checkSize(update)
      return ["q": .document(filter), "u": .document(update), "upsert": .bool(upsert), "multi": .bool(many)]
    case .delete(let filter, let many):
      return ["q": .document(filter), "limit": .int32(many ? 0 : 1)]
    }
  }

  private func checkSize(_ document: BSONDocument) throws(DocumentError) {
    guard document.bytes.count <= WriteBatch.maximumDocument else {
      throw DocumentError(
        .tooLarge, "a document of \(document.bytes.count) bytes; at most \(WriteBatch.maximumDocument) can be stored")
    }
  }
}
