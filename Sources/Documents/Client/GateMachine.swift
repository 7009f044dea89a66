/// Who may use which worker: states and decisions, without threads, clocks or waiting.
///
/// Waiters are served in order. A cursor's next batch must go to the worker that opened it; such a waiter is passed over
/// only by ones whose worker comes free earlier.
struct GateMachine {
  typealias WaiterID = UInt64

  /// A worker lent to one call. The number tells this lending from earlier ones of the same worker.
  struct Lease: Hashable, Sendable {
    let worker: Int
    let number: UInt64
  }

  enum Admission: Equatable { case lend(Lease), wait, closed }

  /// How many workers are in which state, and how many calls wait.
  struct Load: Equatable, Sendable {
    var idle = 0
    var busy = 0
    var quarantined = 0
    var waiting = 0
  }

  private enum Worker: Equatable { case idle, lent(UInt64), quarantined(UInt64) }
  private struct Waiter {
    let id: WaiterID
    let wanted: Int?
  }

  private var workers: [Worker]
  private var waiters: [Waiter] = []
  private var lastLease: UInt64 = 0
  private var isClosed = false

  init(workers: Int) { self.workers = Array(repeating: .idle, count: workers) }

  var load: Load {
    var load = Load(waiting: waiters.count)
    for worker in workers {
      switch worker {
      case .idle: load.idle += 1
      case .lent: load.busy += 1
      case .quarantined: load.quarantined += 1
      }
    }
    return load
  }

  /// Somebody wants a worker, any or a certain one. After `.wait` the waiter is in the queue.
  mutating func requested(by waiter: WaiterID, wanted: Int? = nil) -> Admission {
    if isClosed { return .closed }
    let free = wanted.map { workers[$0] == .idle ? $0 : nil } ?? workers.firstIndex(of: .idle)
    if let free { return .lend(lend(free)) }
    waiters.append(Waiter(id: waiter, wanted: wanted))
    return .wait
  }

  /// A waiter gave up: deadline or cancellation.
  mutating func withdrew(_ waiter: WaiterID) { waiters.removeAll { $0.id == waiter } }

  /// The caller left while its call runs on: the worker stays counted and is not lent until the call returns.
  mutating func abandoned(_ lease: Lease) {
    if workers[lease.worker] == .lent(lease.number) { workers[lease.worker] = .quarantined(lease.number) }
  }

  /// A call returned; answers who is next to get the worker.
  mutating func returned(_ lease: Lease) -> (waiter: WaiterID, lease: Lease)? {
    guard workers[lease.worker] == .lent(lease.number) || workers[lease.worker] == .quarantined(lease.number) else {
      return nil
    }
    workers[lease.worker] = .idle
    guard let next = waiters.firstIndex(where: { $0.wanted == nil || $0.wanted == lease.worker }) else { return nil }
    return (waiters.remove(at: next).id, lend(lease.worker))
  }

  /// Nobody is admitted any more; answers whom to send away.
  mutating func closed() -> [WaiterID] {
    isClosed = true
    defer { waiters = [] }
    return waiters.map(\.id)
  }

  private mutating func lend(_ worker: Int) -> Lease {
    lastLease += 1
    workers[worker] = .lent(lastLease)
    return Lease(worker: worker, number: lastLease)
  }
}
