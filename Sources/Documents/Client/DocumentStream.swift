import Kernel
import Synchronization

/// Matching documents one after the other; each batch crosses from its worker at once.
public struct DocumentStream: AsyncSequence, Sendable {
  /// One document.
  public typealias Element = BSONDocument
  /// The failure of a batch.
  public typealias Failure = DocumentError

  let plan: CursorPlan
  let batchDeadline: Duration
  let dispatcher: Dispatcher

  /// Begins a walk of its own; the server is asked at the first `next`.
  public func makeAsyncIterator() -> Iterator {
    Iterator(cursor: OpenCursor(plan: plan, batchDeadline: batchDeadline, dispatcher: dispatcher))
  }

  /// One walk through the documents.
  public struct Iterator: AsyncIteratorProtocol {
    private let cursor: OpenCursor
    private var batch: ArraySlice<BSONDocument> = []
    private var isLast = false

    fileprivate init(cursor: OpenCursor) { self.cursor = cursor }

    /// The next document, or `nil` at the end. A round trip when the batch is used up.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(DocumentError) -> BSONDocument? {
      while batch.isEmpty {
        if isLast { return nil }
        // A failure ends the walk: the cursor's place is lost.
        isLast = true
        let fetched = try await cursor.fetch()
        batch = fetched.documents[...]
        isLast = fetched.isLast
      }
      return batch.removeFirst()
    }
  }
}

/// A cursor at a worker that is closed when nobody holds this any more.
private final class OpenCursor: Sendable {
  private enum State { case unopened, opening, open(worker: Int), ended }
  private static let lastID = Atomic<CursorID>(0)

  private let plan: CursorPlan
  private let batchDeadline: Duration
  private let dispatcher: Dispatcher
  private let id = OpenCursor.lastID.add(1, ordering: .relaxed).newValue
  private let state = Mutex(State.unopened)

  init(plan: CursorPlan, batchDeadline: Duration, dispatcher: Dispatcher) {
    self.plan = plan
    self.batchDeadline = batchDeadline
    self.dispatcher = dispatcher
  }

  deinit {
    switch state.withLock({ $0 }) {
    case .unopened, .ended: break
    // Opening was given up on the way; whichever worker it was, it has the cursor under this id or not at all.
    case .opening: dispatcher.closeCursor(id, on: nil)
    case .open(let worker): dispatcher.closeCursor(id, on: worker)
    }
  }

  func fetch() async throws(DocumentError) -> CursorBatch {
    let (plan, id, deadline) = (plan, id, Deadline.after(batchDeadline))
    let batch: CursorBatch
    if case .open(let worker) = state.withLock({ $0 }) {
      batch = try await dispatcher.call(on: worker, deadline: deadline, isWrite: false) {
        worker throws(DocumentError) in
        try worker.batch(of: id, atMost: plan.batchSize)
      }
    } else {
      state.withLock { $0 = .opening }
      let opened = try await dispatcher.callKeepingWorker(deadline: deadline, isWrite: false) {
        worker throws(DocumentError) in try worker.open(plan, as: id, deadline: deadline)
      }
      state.withLock { $0 = .open(worker: opened.worker) }
      batch = opened.value
    }
    if batch.isLast { state.withLock { $0 = .ended } }
    return batch
  }
}
