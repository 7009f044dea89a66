public import Kernel

/// Documents of one kind, with the questions one can ask.
///
/// Filters are written by code; values of users enter them as `BSONValue.text(fromUser:)` or typed values only. Every call
/// ends by its deadline, and at once when its task is cancelled. Errors: `.unavailable` (after the server selection
/// timeout), `.deadline`, `.cancelled`, `.server`, `.decoding`.
public struct DocumentCollection: Sendable {
  /// The collection's name.
  public let name: String
  let dispatcher: Dispatcher

  /// The first document that matches, or `nil`. One round trip.
  public func findOne(
    _ filter: BSONDocument, sort: BSONDocument? = nil, projection: BSONDocument? = nil,
    deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> BSONDocument? {
    try await find(filter, sort: sort, limit: 1, projection: projection, deadline: deadline).first
  }

  /// The first document that matches, as a value; `.decoding` when it does not fit the type. One round trip.
  public func findOne<T: Decodable & Sendable>(
    _ filter: BSONDocument, as type: T.Type, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> T? {
    guard let document = try await findOne(filter, deadline: deadline) else { return nil }
    return try decode(type, from: document)
  }

  /// All documents that match, at most `limit`, in one stay with a worker. A round trip for each thousand.
  ///
  /// All of them are in memory together; use `stream` where there may be many.
  public func find(
    _ filter: BSONDocument, sort: BSONDocument? = nil, limit: Int? = nil, projection: BSONDocument? = nil,
    deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> [BSONDocument] {
    let plan = plan(filter, sort: sort, limit: limit, projection: projection, batchSize: 1000)
    return try await dispatcher.call(deadline: deadline, isWrite: false) { worker throws(DocumentError) in
      try worker.all(plan, deadline: deadline)
    }
  }

  /// All documents that match, as values; `.decoding` when one does not fit the type.
  public func find<T: Decodable & Sendable>(
    _ filter: BSONDocument, as type: T.Type, sort: BSONDocument? = nil, limit: Int? = nil,
    deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> [T] {
    var values: [T] = []
    for document in try await find(filter, sort: sort, limit: limit, deadline: deadline) {
      values.append(try decode(type, from: document))
    }
    return values
  }

  /// The matching documents one after the other, fetched in batches, in bounded memory.
  ///
  /// Each batch is one round trip with a deadline of its own. Other calls may use the worker between batches. Leaving the
  /// loop, or cancelling its task, closes the cursor.
  public func stream(
    _ filter: BSONDocument, sort: BSONDocument? = nil, limit: Int? = nil, projection: BSONDocument? = nil,
    batchSize: Int = 500, batchDeadline: Duration = .seconds(5)
  ) -> DocumentStream {
    DocumentStream(
      plan: plan(filter, sort: sort, limit: limit, projection: projection, batchSize: max(1, batchSize)),
      batchDeadline: batchDeadline, dispatcher: dispatcher)
  }

  /// How many documents match. One round trip; the server counts index entries or documents.
  public func count(
    _ filter: BSONDocument = [:], deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> Int {
    let stages: [BSONDocument] = [["$match": .document(filter)], ["$group": ["_id": 1, "count": ["$sum": 1]]]]
    let counted = try await aggregate(stages, deadline: deadline)
    return Int(counted.first?["count"]?.integer ?? 0)
  }

  /// The documents that a pipeline produces, all in memory together.
  public func aggregate(
    _ pipeline: [BSONDocument], deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> [BSONDocument] {
    let plan = CursorPlan(collection: name, source: .aggregate(pipeline), options: [:], batchSize: 1000)
    // A pipeline may end in `$merge` or `$out`, so it counts as a write when it breaks off.
    let isWrite = pipeline.last?.keys.contains { $0 == "$merge" || $0 == "$out" } ?? false
    return try await dispatcher.call(deadline: deadline, isWrite: isWrite) { worker throws(DocumentError) in
      do throws(DocumentError) {
        return try worker.all(plan, deadline: deadline)
      } catch {
        throw error.afterPossibleEffect(isWrite)
      }
    }
  }

  private func plan(
    _ filter: BSONDocument, sort: BSONDocument?, limit: Int?, projection: BSONDocument?, batchSize: Int
  ) -> CursorPlan {
    var options = BSONDocument()
    if let sort { options.append("sort", .document(sort)) }
    if let limit { options.append("limit", .int64(Int64(limit))) }
    if let projection { options.append("projection", .document(projection)) }
    return CursorPlan(collection: name, source: .find(filter), options: options, batchSize: batchSize)
  }

  private func decode<T: Decodable>(_ type: T.Type, from document: BSONDocument) throws(DocumentError) -> T {
    do {
      return try BSONDecoder().decode(type, from: document)
    } catch {
      throw DocumentError(.decoding, "a document of \(name) does not fit \(type)\(place(of: error))")
    }
  }
}

/// Where decoding failed: keys only, since the error's own text may quote the value.
private func place(of error: any Error) -> String {
  guard let error = error as? DecodingError else { return "" }
  let (kind, path): (String, [any CodingKey]) =
    switch error {
    case .keyNotFound(let key, let context): ("missing", context.codingPath + [key])
    case .typeMismatch(_, let context): ("another type", context.codingPath)
    case .valueNotFound(_, let context): ("null", context.codingPath)
    case .dataCorrupted(let context): ("not acceptable", context.codingPath)
    @unknown default: ("not acceptable", [])
    }
  return ": \(path.map(\.stringValue).joined(separator: ".")) is \(kind)"
}
