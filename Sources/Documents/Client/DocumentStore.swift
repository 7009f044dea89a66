public import Kernel
import Logging
import Synchronization

/// A database of documents behind a MongoDB-compatible server, for asynchronous callers.
///
/// The driver blocks, so calls run on a few threads of their own, one connection each; callers wait for a free one in
/// order, without a thread. Every call ends by its deadline: when the server has not answered then, or the task is
/// cancelled, the caller gets its error at once and the worker is set aside until the driver returns.
public final class DocumentStore: Sendable {
  /// How many workers are in which state, and how many calls wait for one.
  public struct Load: Sendable, Hashable {
    /// Free workers.
    public let idle: Int
    /// Workers with a call that somebody waits for.
    public let busy: Int
    /// Workers whose call runs on although its caller has left.
    public let quarantined: Int
    /// Calls that wait for a worker.
    public let waiting: Int
  }

  let dispatcher: Dispatcher

  /// A store for the configuration. The server need not be up: connections are made when first needed.
  ///
  /// Throws `.invalid` for a URI that is none.
  public static func open(_ configuration: DocumentConfiguration) async throws(DocumentError) -> DocumentStore {
    _ = Driver.started
    return DocumentStore(Dispatcher(configuration, settings: try DriverSettings(configuration)))
  }

  private init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  /// A collection of this database. Costs nothing; the server makes the collection with its first document.
  public func collection(_ name: String) -> DocumentCollection {
    DocumentCollection(name: name, dispatcher: dispatcher)
  }

  /// Whether the server answers, by asking it. One round trip.
  public func ping(deadline: Deadline = .after(.seconds(2))) async throws(DocumentError) {
    _ = try await dispatcher.call(deadline: deadline, isWrite: false) { worker throws(DocumentError) in
      try worker.command(["ping": 1], as: .read, deadline: deadline)
    }
  }

  /// Runs any command against this database, or against `database`. One round trip.
  ///
  /// For administration; everyday work has its own calls. Whatever it does, it counts as a write when it fails half-way.
  public func runCommand(
    _ command: BSONDocument, database: String? = nil, deadline: Deadline = .after(.seconds(5))
  ) async throws(DocumentError) -> BSONDocument {
    try await dispatcher.call(deadline: deadline, isWrite: true) { worker throws(DocumentError) in
      try worker.command(command, as: .administration, in: database, deadline: deadline)
    }
  }

  /// The present load, for metrics and tests.
  public var load: Load {
    let load = dispatcher.gate.load
    return Load(idle: load.idle, busy: load.busy, quarantined: load.quarantined, waiting: load.waiting)
  }

  /// Sends waiting calls away with `.closed`, lets running ones end, and ends the threads.
  ///
  /// Returns when all connections are closed: after the longest running call, at most after the socket timeout.
  public func close() async { await dispatcher.close() }
}

/// Brings calls to workers and answers to callers.
final class Dispatcher: Sendable {
  let gate: WorkerGate
  /// Emptied when the store is closed; a worker's thread ends with the last call that holds the worker.
  private let workers: Mutex<[DocumentWorker]>
  private let outage = Mutex<(until: ContinuousClock.Instant, error: DocumentError)?>(nil)
  private let logger: Logger

  init(_ configuration: DocumentConfiguration, settings: DriverSettings) {
    gate = WorkerGate(workers: configuration.workers)
    workers = Mutex((0..<configuration.workers).map { DocumentWorker(index: $0, settings: settings) })
    logger = configuration.logger
  }

  /// Runs `body` on a worker, any or a certain one.
  ///
  /// Throws `.deadline` or `.cancelled` at once when the time comes, with `mayHaveHappened` for writes that were under way.
  func call<T: Sendable>(
    on wanted: Int? = nil, deadline: Deadline, isWrite: Bool,
    _ body: @escaping @Sendable (isolated DocumentWorker) throws(DocumentError) -> T
  ) async throws(DocumentError) -> T {
    try await callKeepingWorker(on: wanted, deadline: deadline, isWrite: isWrite, body).value
  }

  /// As `call`, and says which worker it was: a cursor stays with it.
  func callKeepingWorker<T: Sendable>(
    on wanted: Int? = nil, deadline: Deadline, isWrite: Bool,
    _ body: @escaping @Sendable (isolated DocumentWorker) throws(DocumentError) -> T
  ) async throws(DocumentError) -> (value: T, worker: Int) {
    try checkOutage()
    let lease = try await gate.acquire(wanted, deadline: deadline)
    do throws(DocumentError) {
      try checkOutage()
    } catch {
      gate.release(lease)
      throw error
    }
    let question = OneShot<Result<T, DocumentError>>()
    start(body, lease, question)
    let late = DocumentError(.deadline, "the document server did not answer in time", mayHaveHappened: isWrite)
    let cancelled = DocumentError(.cancelled, "cancelled during the call", mayHaveHappened: isWrite)
    let result = await answer(of: question, by: deadline, late: .failure(late), cancelled: .failure(cancelled))
    // When the answer came from the deadline or the cancellation, the worker is still at it. When it came from the worker,
    // the lease is over and this changes nothing.
    gate.abandon(lease)
    return (try result.get(), lease.worker)
  }

  /// Ends a cursor without waiting for it; used where nobody can wait, such as an iterator's end of life.
  func closeCursor(_ id: CursorID, on worker: Int?) {
    let candidates = workers.withLock { $0.enumerated().filter { worker == nil || worker == $0.offset }.map(\.element) }
    for candidate in candidates { Task { await candidate.close(id) } }
  }

  /// Open cursors over all workers.
  func openCursors() async -> Int {
    var count = 0
    for worker in workers.withLock({ $0 }) { count += await worker.openCursors }
    return count
  }

  func close() async {
    gate.close()
    let workers = workers.withLock { workers in
      defer { workers = [] }
      return workers
    }
    for worker in workers { await worker.shutdown() }
  }

  /// An unstructured task, because the caller may leave before the driver returns.
  private func start<T: Sendable>(
    _ body: @escaping @Sendable (isolated DocumentWorker) throws(DocumentError) -> T, _ lease: GateMachine.Lease,
    _ question: OneShot<Result<T, DocumentError>>
  ) {
    guard let worker = workers.withLock({ $0.isEmpty ? nil : $0[lease.worker] }) else {
      gate.release(lease)
      question.answer(.failure(.closedStore))
      return
    }
    Task {
      let result = await worker.perform { worker throws(DocumentError) in
        // Whoever left before the driver was called has lost nothing and sent nothing.
        if question.isAnswered { throw DocumentError(.cancelled, "nobody waits any more") }
        return try body(worker)
      }
      note(result.failure)
      gate.release(lease)
      question.answer(result)
    }
  }

  /// When a server was just found missing, the calls behind it fail at once instead of one search after the other.
  private func checkOutage() throws(DocumentError) {
    let error = outage.withLock { $0.flatMap { $0.until > .now ? $0.error : nil } }
    if let error { throw error }
  }

  private func note(_ error: DocumentError?) {
    guard let error, error.code == .unavailable, error.serverCode == nil, !error.mayHaveHappened else { return }
    let isNew = outage.withLock { outage in
      if let known = outage, known.until > .now { return false }
      outage = (.now + .milliseconds(250), error)
      return true
    }
    if isNew { logger.warning("document store unavailable", metadata: ["reason": "\(error.message)"]) }
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
