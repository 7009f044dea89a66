import Kernel

/// Decides who gets which connection; it holds no connection, no thread and no clock.
///
/// Waiters are served first come, first served, each until its deadline. A connection counts until its socket is closed,
/// so the server never sees more than `limit`.
struct PoolMachine {
  typealias ConnectionID = Int
  typealias WaiterID = Int

  enum Failure: Equatable { case timeout, unavailable, cancelled, closed, tooManyWaiters }

  enum Action: Equatable {
    case lend(ConnectionID, to: WaiterID)
    case open(ConnectionID)
    case close(ConnectionID)
    case retry(after: Duration)
    case fail(WaiterID, Failure)
  }

  private enum Slot { case opening, idle, leased, closing }

  private let limit: Int
  private let waiterLimit: Int
  private var slots: [ConnectionID: Slot] = [:]
  /// Most recently used last: few backends stay busy and warm.
  private var idle: [ConnectionID] = []
  private var waiting: [WaiterID: Deadline] = [:]
  private var queue: [WaiterID] = []
  private var queueHead = 0
  private var nextConnection = 0
  private var backoff = Backoff()
  private var isBackingOff = false
  private var isClosed = false

  init(limit: Int, waiterLimit: Int = 100_000) {
    self.limit = limit
    self.waiterLimit = waiterLimit
  }

  var leasedCount: Int { slots.values.count { $0 == .leased } }
  var idleCount: Int { idle.count }
  var connectionCount: Int { slots.count }
  var waiterCount: Int { waiting.count }
  /// The first deadline of a waiter; all waiters wait equally long, so it belongs to the first in the queue.
  var nextDeadline: Deadline? { firstWaiter.flatMap { waiting[$0] } }

  private var firstWaiter: WaiterID? { queue[queueHead...].first { waiting[$0] != nil } }

  /// An idle connection at once, if there is one; then nobody waits, since waiters are served first.
  mutating func takeIdle() -> ConnectionID? {
    guard let connection = idle.popLast() else { return nil }
    slots[connection] = .leased
    return connection
  }

  /// Somebody wants a connection until a deadline.
  mutating func requested(by waiter: WaiterID, until deadline: Deadline) -> [Action] {
    if isClosed { return [.fail(waiter, .closed)] }
    if let connection = takeIdle() { return [.lend(connection, to: waiter)] }
    if waiting.count >= waiterLimit { return [.fail(waiter, .tooManyWaiters)] }
    waiting[waiter] = deadline
    queue.append(waiter)
    return openIfUseful()
  }

  /// The waiter's task was cancelled. Nothing happens when it has its connection already: it gives that back itself.
  mutating func cancelled(_ waiter: WaiterID) -> [Action] {
    waiting.removeValue(forKey: waiter) == nil ? [] : [.fail(waiter, .cancelled)]
  }

  /// Fails everybody whose deadline has passed.
  mutating func expire(at now: ContinuousClock.Instant) -> [Action] {
    var actions: [Action] = []
    while let waiter = firstWaiter, let deadline = waiting[waiter], deadline.instant <= now {
      waiting[waiter] = nil
      // Without a single lease it is not others who keep the connections.
      actions.append(.fail(waiter, backoff.failures > 0 || leasedCount == 0 ? .unavailable : .timeout))
    }
    return actions
  }

  /// A connection is ready.
  mutating func opened(_ connection: ConnectionID) -> [Action] {
    backoff.succeeded()
    if isClosed {
      slots[connection] = .closing
      return [.close(connection)]
    }
    return offer(connection) + openIfUseful()
  }

  /// A connection could not be opened; `spread` (0...1) keeps clients from returning all at once.
  mutating func openFailed(_ connection: ConnectionID, spread: Double) -> [Action] {
    slots[connection] = nil
    guard !isClosed, !isBackingOff else { return [] }
    isBackingOff = true
    return [.retry(after: backoff.failed(spread: spread))]
  }

  /// The pause after a failure is over.
  mutating func retryDue() -> [Action] {
    isBackingOff = false
    return openIfUseful()
  }

  /// A lease is over and its connection clean.
  mutating func released(_ connection: ConnectionID) -> [Action] {
    guard slots[connection] == .leased else { return [] }
    if isClosed {
      slots[connection] = .closing
      return [.close(connection)]
    }
    return offer(connection)
  }

  /// A lease is over and its connection of no use; it counts until `ended`.
  mutating func discarded(_ connection: ConnectionID) -> [Action] {
    guard slots[connection] == .leased else { return [] }
    slots[connection] = .closing
    return [.close(connection)]
  }

  /// The socket is closed, on our wish or not.
  mutating func ended(_ connection: ConnectionID) -> [Action] {
    guard slots.removeValue(forKey: connection) != nil else { return [] }
    idle.removeAll { $0 == connection }
    return openIfUseful()
  }

  /// Refuses new requests and closes what is idle; leases end on their own.
  mutating func shutDown() -> [Action] {
    isClosed = true
    let failures = queue[queueHead...].filter { waiting[$0] != nil }.map { Action.fail($0, .closed) }
    waiting = [:]
    let closing = idle
    idle = []
    for connection in closing { slots[connection] = .closing }
    return failures + closing.map { .close($0) }
  }

  private mutating func offer(_ connection: ConnectionID) -> [Action] {
    if let waiter = firstWaiter {
      waiting[waiter] = nil
      dropServed()
      slots[connection] = .leased
      return [.lend(connection, to: waiter)]
    }
    slots[connection] = .idle
    idle.append(connection)
    return []
  }

  /// Opens one connection for each waiter without one on the way; only one at a time while the server refuses.
  private mutating func openIfUseful() -> [Action] {
    guard !isClosed, !isBackingOff else { return [] }
    var actions: [Action] = []
    var opening = slots.values.count { $0 == .opening }
    let useful = backoff.failures > 0 ? min(1, waiting.count) : waiting.count
    while opening < useful, slots.count < limit {
      nextConnection += 1
      slots[nextConnection] = .opening
      opening += 1
      actions.append(.open(nextConnection))
    }
    return actions
  }

  /// Forgets the part of the queue that has been served, so that it does not grow.
  private mutating func dropServed() {
    while queueHead < queue.count, waiting[queue[queueHead]] == nil { queueHead += 1 }
    if queueHead == queue.count || queueHead > 1024 {
      queue.removeFirst(queueHead)
      queueHead = 0
    }
  }
}
