import CMongoc
import Kernel

/// Names an open cursor; given out by the caller, so that it can be closed even when opening it was never answered.
typealias CursorID = UInt64

/// What a cursor reads.
struct CursorPlan: Sendable {
  enum Source: Sendable { case find(BSONDocument), aggregate([BSONDocument]) }

  let collection: String
  let source: Source
  /// `sort`, `limit`, `projection`; the worker adds `maxTimeMS` and `batchSize`.
  let options: BSONDocument
  let batchSize: Int
}

/// Documents that crossed from a worker at once.
struct CursorBatch: Sendable {
  var documents: [BSONDocument] = []
  /// Whether there is nothing behind them; the cursor is closed then.
  var isLast = false
}

/// One thread with one connection for life. Everything in it blocks; its thread is there for that.
actor DocumentWorker {
  private let executor: ThreadExecutor
  private let settings: DriverSettings
  private var driver: DriverClient?
  private var isShut = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(index: Int, settings: DriverSettings) {
    executor = ThreadExecutor(name: "documents-\(index)")
    self.settings = settings
  }

  // Not earlier: a job that reaches a stopped thread would never run. Jobs hold the worker, so none comes after this.
  deinit { executor.stop() }

  /// Runs a call on the worker's thread and forgets the connection when it turned out to be broken.
  ///
  /// The driver leaves a failed server alone for five seconds; a new client looks again at once.
  func perform<T: Sendable>(
    _ body: @Sendable (isolated DocumentWorker) throws(DocumentError) -> T
  ) -> Result<T, DocumentError> {
    do throws(DocumentError) {
      return .success(try body(self))
    } catch {
      if error.code == .unavailable && error.serverCode == nil || error.code == .unauthorized { driver = nil }
      return .failure(error)
    }
  }

  /// Sends one command with what is left of the deadline as `maxTimeMS`.
  func command(
    _ command: BSONDocument, as kind: CommandKind, in database: String? = nil, deadline: Deadline
  ) throws(DocumentError) -> BSONDocument {
    let driver = try connected()
    var command = command
    if command["maxTimeMS"] == nil { command.append("maxTimeMS", try remaining(deadline)) }
    return try driver.run(command, in: database ?? settings.database, as: kind)
  }

  /// Starts a cursor and answers its first batch.
  func open(_ plan: CursorPlan, as id: CursorID, deadline: Deadline) throws(DocumentError) -> CursorBatch {
    let driver = try connected()
    driver.cursors[id] = try start(plan, driver, deadline)
    return try batch(of: id, atMost: plan.batchSize)
  }

  /// The next batch of an open cursor.
  func batch(of id: CursorID, atMost size: Int) throws(DocumentError) -> CursorBatch {
    guard let cursor = driver?.cursors[id] else {
      throw DocumentError(.unavailable, "the connection that the cursor belonged to broke")
    }
    var batch = CursorBatch()
    while batch.documents.count < size {
      guard let document = try next(of: cursor) else {
        close(id)
        batch.isLast = true
        break
      }
      batch.documents.append(document)
    }
    return batch
  }

  /// Everything that a plan reads, in one stay on this thread.
  func all(_ plan: CursorPlan, deadline: Deadline) throws(DocumentError) -> [BSONDocument] {
    let cursor = try start(plan, try connected(), deadline)
    defer { mongoc_cursor_destroy(cursor) }
    var documents: [BSONDocument] = []
    while let document = try next(of: cursor) {
      documents.append(document)
      if documents.count.isMultiple(of: plan.batchSize) { _ = try remaining(deadline) }
    }
    return documents
  }

  /// Ends a cursor, here and at the server; nothing happens when it has ended.
  func close(_ id: CursorID) {
    guard let cursor = driver?.cursors.removeValue(forKey: id) else { return }
    mongoc_cursor_destroy(cursor)
  }

  /// How many cursors are open.
  var openCursors: Int { driver?.cursors.count ?? 0 }

  /// Gives the connection back; the thread ends with the last reference to this worker.
  func shutdown() {
    driver = nil
    isShut = true
  }

  private func connected() throws(DocumentError) -> DriverClient {
    if isShut { throw .closedStore }
    if let driver { return driver }
    let new = try DriverClient(settings)
    driver = new
    return new
  }

  private func remaining(_ deadline: Deadline) throws(DocumentError) -> BSONValue {
    if deadline.hasPassed { throw DocumentError(.deadline, "the deadline passed before the call was sent") }
    return .int64(Int64(deadline.remaining.wholeMilliseconds))
  }

  private func start(
    _ plan: CursorPlan, _ driver: DriverClient, _ deadline: Deadline
  ) throws(DocumentError) -> OpaquePointer {
    var options = plan.options
    options.append("maxTimeMS", try remaining(deadline))
    options.append("batchSize", .int32(Int32(clamping: plan.batchSize)))
    guard let collection = mongoc_client_get_collection(driver.client, settings.database, plan.collection) else {
      throw DocumentError(.invalid, "not a collection's name")
    }
    defer { mongoc_collection_destroy(collection) }
    let cursor = try withDriverDocument(options) { options -> Result<OpaquePointer?, DocumentError> in
      Result { () throws(DocumentError) in
        switch plan.source {
        case .find(let filter):
          try withDriverDocument(filter) { mongoc_collection_find_with_opts(collection, $0, options, nil) }
        case .aggregate(let stages):
          try withDriverDocument(["pipeline": .array(stages.map(BSONValue.document))]) {
            mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, $0, options, nil)
          }
        }
      }
    }.get()
    guard let cursor else { throw DocumentError(.invalid, "the driver made no cursor") }
    return cursor
  }

  private func next(of cursor: OpaquePointer) throws(DocumentError) -> BSONDocument? {
    var document: OpaquePointer?
    if mongoc_cursor_next(cursor, &document), let document { return try BSONDocument(driver: document) }
    var error = bson_error_t()
    var reply: OpaquePointer?
    guard mongoc_cursor_error_document(cursor, &error, &reply) else { return nil }
    throw DocumentError(error, reply: reply.flatMap { try? BSONDocument(driver: $0) }, isWrite: false)
  }
}
