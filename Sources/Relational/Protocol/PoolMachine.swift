import Kernel

/// Decides who gets which connection; it holds no connection, no thread and no clock.
///
/// Waiters are served first come, first served, each until its deadline. A connection counts until its socket is closed,
/// so the server never sees more than the limit.
struct PoolMachine {
  typealias ConnectionID = Int
  typealias WaiterID = Int
  typealias Moment = ContinuousClock.Instant

  enum Failure: Equatable { case timeout, unavailable, cancelled, closed, tooManyWaiters }

  enum Action: Equatable {
    case lend(ConnectionID, to: WaiterID)
    case open(ConnectionID)
    case close(ConnectionID)
    case retry(after: Duration)
    case fail(WaiterID, Failure)
  }

  /// What the machine keeps to.
  struct Limits {
    var connections: Int
    var waiters = 10_000
    /// How old a connection may become, give or take a tenth; `nil` for as old as it likes.
    var lifetime: Duration?
    /// How long more than `idleMinimum` connections may be idle; `nil` for ever.
    var idleTime: Duration?
    var idleMinimum = 1
    var connectFailures = 3
  }

  private enum State: Equatable { case opening, idle(since: Moment), leased(since: Moment), closing }
  private struct Member {
    var state = State.opening
    var expiry: Moment?
  }

  private let limits: Limits
  private var members: [ConnectionID: Member] = [:]
  /// Most recently used last: few backends stay busy and warm.
  private var idle: [ConnectionID] = []
  private var waiting: [WaiterID: Deadline] = [:]
  private var queue: [WaiterID] = []
  private var queueHead = 0
  private var nextConnection = 0
  private var breaker: ConnectBreaker
  private(set) var isClosed = false

  init(_ limits: Limits) {
    self.limits = limits
    breaker = ConnectBreaker(threshold: limits.connectFailures)
  }

  // MARK: What is

  var leasedCount: Int { members.values.count { if case .leased = $0.state { true } else { false } } }
  var idleCount: Int { idle.count }
  var connectionCount: Int { members.count }
  var waiterCount: Int { waiting.count }
  /// Whether a connection that was to be opened still is.
  func isOpening(_ connection: ConnectionID) -> Bool { members[connection]?.state == .opening }
  /// The first deadline of a waiter; all waiters wait equally long, so it belongs to the first in the queue.
  var nextDeadline: Deadline? { firstWaiter.flatMap { waiting[$0] } }

  /// The connections that are lent, the longest lease first.
  func leases(at now: Moment) -> [(connection: ConnectionID, age: Duration)] {
    let all = members.compactMap { id, member in
      if case .leased(let since) = member.state { (connection: id, age: since.duration(to: now)) } else { nil }
    }
    return all.sorted { $0.age > $1.age }
  }

  private var firstWaiter: WaiterID? { queue[queueHead...].first { waiting[$0] != nil } }

  /// Whether waiting is of no use: attempts keep failing, and no connection is left that could come back.
  private var isUnavailable: Bool {
    breaker.isOpen
      && !members.values.contains { member in
        switch member.state {
        case .idle, .leased: true
        case .opening, .closing: false
        }
      }
  }

  // MARK: Asking

  /// An idle connection at once, if there is one; then nobody waits, since waiters are served first.
  mutating func takeIdle(at now: Moment) -> ConnectionID? {
    guard let connection = idle.popLast() else { return nil }
    members[connection]?.state = .leased(since: now)
    return connection
  }

  /// Somebody wants a connection until a deadline.
  mutating func requested(by waiter: WaiterID, until deadline: Deadline, at now: Moment) -> [Action] {
    if isClosed { return [.fail(waiter, .closed)] }
    if let connection = takeIdle(at: now) { return [.lend(connection, to: waiter)] }
    if isUnavailable { return [.fail(waiter, .unavailable)] + openIfUseful() }
    if waiting.count >= limits.waiters { return [.fail(waiter, .tooManyWaiters)] }
    waiting[waiter] = deadline
    queue.append(waiter)
    return openIfUseful()
  }

  /// The waiter's task was cancelled. Nothing happens when it has its connection already: it gives that back itself.
  mutating func cancelled(_ waiter: WaiterID) -> [Action] { leave(waiter, .cancelled) }

  /// A waiter has no more patience with those who keep all the connections; for one on its way it waits on.
  mutating func gaveUp(_ waiter: WaiterID) -> [Action] {
    leasedCount == limits.connections ? leave(waiter, .timeout) : []
  }

  /// Fails everybody whose deadline has passed.
  mutating func expire(at now: Moment) -> [Action] {
    var actions: [Action] = []
    while let waiter = firstWaiter, let deadline = waiting[waiter], deadline.instant <= now {
      actions += leave(waiter, lateness)
    }
    return actions
  }

  /// Without a single lease it is not others who keep the connections.
  private var lateness: Failure { breaker.hasFailed || leasedCount == 0 ? .unavailable : .timeout }

  private mutating func leave(_ waiter: WaiterID, _ failure: Failure) -> [Action] {
    guard waiting.removeValue(forKey: waiter) != nil else { return [] }
    dropServed()
    return [.fail(waiter, failure)]
  }

  // MARK: Connecting

  /// A connection is ready; `spread` (0...1) keeps connections that are born together from dying together.
  mutating func opened(_ connection: ConnectionID, at now: Moment, spread: Double) -> [Action] {
    breaker.succeeded()
    guard members[connection]?.state == .opening else { return [] }
    if isClosed { return close(connection) }
    members[connection]?.expiry = limits.lifetime.map { now + $0 * (0.9 + 0.2 * spread) }
    return offer(connection, at: now) + openIfUseful()
  }

  /// A connection could not be opened. `silent` when it was given up after all the time that a call may wait.
  mutating func openFailed(_ connection: ConnectionID, silent: Bool = false, spread: Double) -> [Action] {
    members[connection] = nil
    // Attempts that were under way together fail together, which says no more than one failure.
    guard !isClosed, !breaker.isPausing else { return [] }
    let pause = breaker.failed(silent: silent, spread: spread)
    return failAllIfUnavailable() + [.retry(after: pause)]
  }

  /// The pause after a failure is over.
  mutating func retryDue() -> [Action] {
    breaker.pauseIsOver()
    return openIfUseful()
  }

  // MARK: Coming back

  /// A lease is over and its connection clean.
  mutating func released(_ connection: ConnectionID, at now: Moment) -> [Action] {
    guard let member = members[connection], case .leased = member.state else { return [] }
    if isClosed || member.expiry.map({ $0 <= now }) ?? false { return close(connection) }
    return offer(connection, at: now)
  }

  /// A lease is over and its connection of no use; it counts until `ended`.
  mutating func discarded(_ connection: ConnectionID) -> [Action] {
    guard case .leased = members[connection]?.state else { return [] }
    return close(connection)
  }

  /// The socket is closed, on our wish or not.
  mutating func ended(_ connection: ConnectionID) -> [Action] {
    guard members.removeValue(forKey: connection) != nil else { return [] }
    idle.removeAll { $0 == connection }
    return failAllIfUnavailable() + openIfUseful()
  }

  /// Closes idle connections that are too old, and those nobody needed for long, down to the minimum.
  mutating func tidy(at now: Moment) -> [Action] {
    var actions: [Action] = []
    // The least recently used come first.
    for connection in idle {
      guard let member = members[connection], case .idle(let since) = member.state else { continue }
      let isOld = member.expiry.map { $0 <= now } ?? false
      let isUnneeded = idle.count > limits.idleMinimum && limits.idleTime.map { since + $0 <= now } ?? false
      guard isOld || isUnneeded else { continue }
      idle.removeAll { $0 == connection }
      actions += close(connection)
    }
    return actions
  }

  /// Refuses new requests and closes what is idle or on its way; leases end on their own.
  mutating func shutDown() -> [Action] {
    isClosed = true
    let failures = failAll(.closed)
    idle = []
    let unused = members.filter { _, member in
      switch member.state {
      case .idle, .opening: true
      case .leased, .closing: false
      }
    }
    return failures + unused.keys.sorted().flatMap { close($0) }
  }

  // MARK: Steps

  private mutating func close(_ connection: ConnectionID) -> [Action] {
    members[connection]?.state = .closing
    return [.close(connection)]
  }

  private mutating func offer(_ connection: ConnectionID, at now: Moment) -> [Action] {
    if let waiter = firstWaiter {
      waiting[waiter] = nil
      dropServed()
      members[connection]?.state = .leased(since: now)
      return [.lend(connection, to: waiter)]
    }
    members[connection]?.state = .idle(since: now)
    idle.append(connection)
    return []
  }

  /// Opens one connection for each waiter without one on the way; only one at a time while the server refuses, and that
  /// one also without waiters once calls are refused.
  private mutating func openIfUseful() -> [Action] {
    guard !isClosed, !breaker.isPausing else { return [] }
    let useful = breaker.isOpen ? 1 : breaker.hasFailed ? min(1, waiting.count) : waiting.count
    guard useful > 0 else { return [] }
    var actions: [Action] = []
    var opening = members.values.count { $0.state == .opening }
    while opening < useful, members.count < limits.connections {
      nextConnection += 1
      members[nextConnection] = Member()
      opening += 1
      actions.append(.open(nextConnection))
    }
    return actions
  }

  private mutating func failAllIfUnavailable() -> [Action] { isUnavailable ? failAll(.unavailable) : [] }

  private mutating func failAll(_ failure: Failure) -> [Action] {
    defer {
      waiting = [:]
      dropServed()
    }
    return queue[queueHead...].filter { waiting[$0] != nil }.map { .fail($0, failure) }
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
