public import Kernel

/// Every change is acknowledged only when a majority of the servers has it on disk (unless the URI says otherwise).
///
/// When `DocumentError.mayHaveHappened` is set, the change may be there: repeat it only when repeating changes nothing.
extension DocumentCollection {
  /// Adds documents in order. One round trip for each thousand, or for each 12 MiB.
  ///
  /// Throws `.duplicateKey` at the first document that is there already; those before it are stored
  /// (`mayHaveHappened`). `.tooLarge` before anything is sent.
  public func insert(
    _ documents: [BSONDocument], deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) {
    let outcome = try await bulk(documents.map(BulkOperation.insert), deadline: deadline)
    try throwFailure(of: outcome)
  }

  /// Adds a value as a document. One round trip. `.invalid` when the value cannot be a document.
  public func insert(
    encoding value: some Encodable & Sendable, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) {
    try await insert([try encode(value)], deadline: deadline)
  }

  /// Puts `document` in the place of the first one that matches, atomically. One round trip.
  ///
  /// With a revision in the filter this is an optimistic update: `matched == 0` says that somebody was faster. With
  /// `upsert`, a document is added when none matches; when two writers add the same one, one of them is asked again by us.
  public func replace(
    _ filter: BSONDocument, with document: BSONDocument, upsert: Bool = false, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> UpdateOutcome {
    try await one(.replace(filter, with: document, upsert: upsert), upsert: upsert, deadline: deadline)
  }

  /// Applies operators (`$set`, `$inc`, …) to the first document that matches, or to all, each atomically. One round trip.
  public func update(
    _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false, many: Bool = false,
    deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> UpdateOutcome {
    try await one(.update(filter, update, upsert: upsert, many: many), upsert: upsert, deadline: deadline)
  }

  /// Removes all documents that match, or only the first; answers how many. An empty filter matches all. One round trip.
  @discardableResult
  public func delete(
    _ filter: BSONDocument, many: Bool = true, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> Int {
    let outcome = try await bulk([.delete(filter, many: many)], deadline: deadline)
    try throwFailure(of: outcome)
    return outcome.deleted
  }

  /// Many changes, each atomic for itself, not together. One round trip for each run of a thousand of one kind.
  ///
  /// Refused operations are listed in the outcome and not thrown. An ordered bulk ends at the first of them; an unordered
  /// one tries all, in an order of its own. Throws when the server fails as a whole; then `mayHaveHappened` tells whether
  /// a part may be done.
  public func bulk(
    _ operations: [BulkOperation], ordered: Bool = true, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> BulkOutcome {
    let batches = try WriteBatch.plan(operations, ordered: ordered)
    if batches.isEmpty { return BulkOutcome() }
    let name = name
    return try await dispatcher.call(deadline: deadline, isWrite: true) { worker throws(DocumentError) in
      try worker.write(batches, to: name, ordered: ordered, deadline: deadline)
    }
  }

  /// Makes an index unless one with these properties is there. One round trip that lasts while the index is built.
  ///
  /// `partialFilter` limits it to matching documents; `expireAfter` removes documents that long after the date in the key.
  /// Throws `.duplicateKey` when a unique index cannot be made, `.server` when the name is taken by another index.
  public func createIndex(
    name index: String, keys: BSONDocument, unique: Bool = false, partialFilter: BSONDocument? = nil,
    expireAfter: Duration? = nil, deadline: Deadline = .after(.seconds(60))
  ) async throws(DocumentError) {
    var description: BSONDocument = ["key": .document(keys), "name": .string(index)]
    if unique { description.append("unique", true) }
    if let partialFilter { description.append("partialFilterExpression", .document(partialFilter)) }
    if let expireAfter { description.append("expireAfterSeconds", .int64(expireAfter.components.seconds)) }
    let command: BSONDocument = ["createIndexes": .string(name), "indexes": [.document(description)]]
    _ = try await dispatcher.call(deadline: deadline, isWrite: true) { worker throws(DocumentError) in
      try worker.command(command, as: .write, deadline: deadline)
    }
  }

  private func one(
    _ operation: BulkOperation, upsert: Bool, deadline: Deadline
  ) async throws(DocumentError) -> UpdateOutcome {
    var outcome = try await bulk([operation], deadline: deadline)
    // Two upserts of one new document can meet between looking and adding: the second then finds it there.
    if upsert, outcome.failures.first?.error.code == .duplicateKey {
      outcome = try await bulk([operation], deadline: deadline)
    }
    try throwFailure(of: outcome)
    return UpdateOutcome(
      matched: outcome.matched, modified: outcome.modified, upserted: !outcome.upserted.isEmpty)
  }

  private func throwFailure(of outcome: BulkOutcome) throws(DocumentError) {
    guard let failure = outcome.failures.first else { return }
    throw failure.error.afterPossibleEffect(outcome.changedAnything)
  }

  private func encode(_ value: some Encodable) throws(DocumentError) -> BSONDocument {
    do {
      return try BSONDocument(encoding: value)
    } catch {
      throw DocumentError(.invalid, "a \(type(of: value)) cannot be stored as a document")
    }
  }
}
