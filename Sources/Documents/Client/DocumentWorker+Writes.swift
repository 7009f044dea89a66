import Kernel

extension DocumentWorker {
  /// Sends planned changes one command after the other.
  ///
  /// Refused operations are part of the outcome. Throws when the server or the connection fails as a whole; what earlier
  /// commands did stays, hence `mayHaveHappened`.
  func write(
    _ batches: [WriteBatch], to collection: String, ordered: Bool, deadline: Deadline
  ) throws(DocumentError) -> BulkOutcome {
    var outcome = BulkOutcome()
    for (number, batch) in batches.enumerated() {
      do throws(DocumentError) {
        let command = batch.command(collection: collection, ordered: ordered)
        try outcome.add(try self.command(command, as: .write, deadline: deadline), of: batch)
      } catch {
        throw error.afterPossibleEffect(number > 0 && outcome.changedAnything)
      }
      if ordered && !outcome.failures.isEmpty { break }
    }
    return outcome
  }
}

extension BulkOutcome {
  /// Adds the server's answer to one command.
  mutating func add(_ reply: BSONDocument, of batch: WriteBatch) throws(DocumentError) {
    guard let count = reply["n"]?.integer else { throw .malformedReply }
    let added = reply["upserted"]?.array?.compactMap(\.document) ?? []
    for entry in added {
      if let operation = batch.operation(of: entry) { upserted[operation] = entry["_id"] ?? .null }
    }
    switch batch.kind {
    case .insert: inserted += Int(count)
    case .update:
      matched += Int(count) - added.count
      modified += Int(reply["nModified"]?.integer ?? 0)
    case .delete: deleted += Int(count)
    }
    for entry in reply["writeErrors"]?.array?.compactMap(\.document) ?? [] {
      guard let operation = batch.operation(of: entry) else { throw .malformedReply }
      failures.append(Failure(operation: operation, error: Self.error(in: entry)))
    }
    failures.sort { $0.operation < $1.operation }
    if let concern = reply["writeConcernError"]?.document {
      // The change is there, only not as safe as asked.
      throw Self.error(in: concern).afterPossibleEffect()
    }
  }

  private static func error(in entry: BSONDocument) -> DocumentError {
    .server(
      Int32(clamping: entry["code"]?.integer ?? 0), name: entry["codeName"]?.text, text: entry["errmsg"]?.text ?? "",
      labels: [], isWrite: true)
  }
}

extension WriteBatch {
  fileprivate func operation(of entry: BSONDocument) -> Int? {
    guard let index = entry["index"]?.integer, operations.indices.contains(Int(index)) else { return nil }
    return operations[Int(index)]
  }
}
