import Kernel
import Logging
import Synchronization

/// One pipelined connection of the shared lane.
///
/// Statements are sent as they come; at the end of the loop's turn one synchronization point closes the batch. A
/// statement that fails aborts those behind it in its batch: they are reads, so they are sent again, each with a
/// synchronization point of its own. The same happens to what is under way when the connection is lost.
actor LaneConnection: ReadinessHandler {
  private enum Part {
    case prepare(Int, name: String)
    case execute(Int)
  }

  private struct Traveller {
    let call: StatementCall
    let continuation: CheckedContinuation<Answer, Never>
    /// Until when it must have been sent; then until when it must have been answered.
    var deadline: Deadline
    var isSent = false
    var attempts = 0
    /// Where its figures go, from its first sending on.
    var meter: StatementMeter?
    var sentAt: UInt64 = 0
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  /// How many statements wait or are under way.
  nonisolated var load: Int { travellerCount.load(ordering: .relaxed) }
  nonisolated private let travellerCount = Atomic<Int>(0)
  /// How often it has been opened; each time it may lead to another server.
  nonisolated var connectionNumber: Int { connectionCount.load(ordering: .acquiring) }
  nonisolated private let connectionCount = Atomic<Int>(0)

  nonisolated private let loop: EventLoop
  private let options: ConnectOptions
  private let counters: StatisticsCounters
  private let acquireTimeout: Duration
  private let answerTimeout: Duration
  private let logger: Logger
  private var wire: Wire<Part>?
  private var isConnecting = false
  private var connectTimer: LoopTimers.ID?
  private var connectFailure: RelationalError?
  private var breaker: ConnectBreaker
  private var prepared = PreparedStatements()
  private var travellers: [Int: Traveller] = [:]
  private var queue: [Int] = []
  private var nextTraveller = 0
  private var isSyncDue = false
  private var isWatched = false
  private var isClosed = false

  init(
    options: ConnectOptions, loop: EventLoop, counters: StatisticsCounters, acquireTimeout: Duration,
    answerTimeout: Duration, breaker: ConnectBreaker, logger: Logger
  ) {
    self.options = options
    self.loop = loop
    self.counters = counters
    self.acquireTimeout = acquireTimeout
    self.answerTimeout = answerTimeout
    self.breaker = breaker
    self.logger = logger
  }

  // MARK: Travelling

  /// Takes a statement along. Cancelling drops the answer and nothing else.
  func perform(_ call: StatementCall) async -> Answer {
    nextTraveller += 1
    let id = nextTraveller
    travellerCount.add(1, ordering: .relaxed)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Closing may have come in between; it told only those that were there.
        if isClosed {
          travellerCount.subtract(1, ordering: .relaxed)
          let failure = RelationalError(.closed, "the database is closed", statement: call.name)
          return continuation.resume(returning: .unsent(failure))
        }
        travellers[id] = Traveller(call: call, continuation: continuation, deadline: .after(acquireTimeout))
        watch()
        send(id)
      }
    } onCancel: {
      loop.execute { [weak self] in
        self?.assumeIsolated { $0.complete(id, .unsent(.cancelled(call.name))) }
      }
    }
  }

  private func send(_ id: Int) {
    guard let wire, wire.isOpen else {
      if breaker.isOpen { return failUnreachable(id) }
      queue.append(id)
      return connect()
    }
    guard let traveller = travellers[id] else { return }
    // One that has met a failing neighbour already travels alone.
    let travelsAlone = traveller.attempts > 0
    if travelsAlone, isSyncDue, !sync(wire) { return lose() }
    travellers[id]?.isSent = true
    travellers[id]?.deadline = .after(answerTimeout)
    let call = traveller.call
    travellers[id]?.meter = counters.sent(call.name, sql: call.sql, lane: .shared)
    travellers[id]?.sentAt = MonotonicClock.now
    let (name, mustPrepare) = prepared.resolve(call)
    if mustPrepare {
      let token = Part.prepare(id, name: call.name)
      guard wire.prepare(name, call.sql, types: call.parameters.types, token) else { return lose() }
    }
    guard wire.execute(name, call.parameters, .execute(id)) else { return lose() }
    if travelsAlone {
      if !sync(wire) { lose() }
    } else if !isSyncDue {
      isSyncDue = true
      loop.atEndOfTurn { [weak self] in self?.assumeIsolated { $0.endTurn() } }
    }
  }

  private func endTurn() {
    guard isSyncDue, let wire else { return }
    if !sync(wire) { lose() }
  }

  private func sync(_ wire: Wire<Part>) -> Bool {
    isSyncDue = false
    counters.roundTrip()
    return wire.sync()
  }

  /// Answers once; an answer that arrives for somebody who has left is dropped here.
  private func complete(_ id: Int, _ answer: Answer) {
    guard let traveller = travellers.removeValue(forKey: id) else { return }
    travellerCount.subtract(1, ordering: .relaxed)
    traveller.meter?.answered(.shared, since: traveller.sentAt, answer)
    traveller.continuation.resume(returning: answer)
  }

  private func fail(_ id: Int, _ error: RelationalError) {
    var error = error
    error.statement = travellers[id]?.call.name
    complete(id, Answer(failure: error))
  }

  /// Nothing was sent, or it can be asked again: with the reason why nobody can connect.
  private func failUnreachable(_ id: Int) {
    let cause = connectFailure
    fail(id, RelationalError(.unavailable, cause?.message ?? "PostgreSQL cannot be reached", underlying: cause))
  }

  /// Once more, alone; whoever met misfortune four times is told.
  private func sendAgain(_ id: Int, after failure: RelationalError) {
    guard let attempts = travellers[id]?.attempts else { return }
    guard attempts < 3 else { return fail(id, failure) }
    travellers[id]?.attempts += 1
    counters.note { $0.laneResends += 1 }
    travellers[id]?.isSent = false
    travellers[id]?.deadline = .after(acquireTimeout)
    send(id)
  }

  // MARK: Answers

  nonisolated func ready() { assumeIsolated { $0.receive() } }

  private func receive() {
    guard let wire else { return }
    var again: [(Int, RelationalError)] = []
    let alive = wire.receive { event in
      switch event {
      case .connected: connected()
      case .answer(.finished(let part, let kind, let result)): handle(part, kind, result, &again)
      case .answer(.synchronized), .answer(.copyReady), .answer(.outOfStep): break
      }
    }
    if !alive { lose() }
    for (id, failure) in again { sendAgain(id, after: failure) }
  }

  /// Decides per statement: done, failed for good, or to be sent again because of somebody else's failure.
  private func handle(_ part: Part, _ kind: PQResult.Kind, _ result: PQResult, _ again: inout [(Int, RelationalError)])
  {
    switch (part, kind) {
    case (.prepare, .success):
      break
    case (.prepare(let id, let name), .failure):
      prepared.forget(name)
      fail(id, RelationalError(result, statement: name))
    case (.prepare(_, let name), _):
      prepared.forget(name)
    case (.execute(let id), .success):
      complete(id, Answer(result: result))
    case (.execute(let id), .failure):
      guard let call = travellers[id]?.call else { return }
      let failure = RelationalError(result, statement: call.name)
      if failure.meansStalePlan { prepared.forget(call.name) }
      // A server that goes down says so to the statement under way.
      guard failure.meansStalePlan || failure.code == .unavailable else { return fail(id, failure) }
      again.append((id, failure))
    case (.execute(let id), _):
      again.append((id, RelationalError(.unavailable, "statements of the same batch kept failing")))
    }
  }

  // MARK: Connecting

  private func connect() {
    guard wire == nil, !isConnecting, !isClosed else { return }
    isConnecting = true
    // The connection serves all who wait, so it does not belong to the task that came first.
    Task { await beginConnecting() }
  }

  private func beginConnecting() async {
    do throws(RelationalError) {
      let plan = try await options.plan()
      if isClosed { return }
      wire = try Wire<Part>(plan, loop: loop, owner: self)
    } catch {
      return connectFailed(error.message)
    }
    connectTimer = loop.schedule(at: .after(acquireTimeout)) { [weak self] in
      self?.assumeIsolated { if $0.isConnecting { $0.lose(silent: true) } }
    }
  }

  private func connected() {
    counters.note { $0.opened += 1 }
    isConnecting = false
    connectionCount.add(1, ordering: .releasing)
    connectFailure = nil
    breaker.succeeded()
    if let connectTimer { loop.unschedule(connectTimer) }
    prepared = PreparedStatements()
    let waiting = queue
    queue = []
    // Not from within the event: libpq is in the middle of handing it over.
    loop.execute { [weak self] in self?.assumeIsolated { lane in waiting.forEach { lane.send($0) } } }
  }

  /// Plans the next attempt. Travellers wait on until their deadlines; when the breaker is open they are told at once.
  private func connectFailed(_ reason: String, silent: Bool = false) {
    if let connectTimer { loop.unschedule(connectTimer) }
    let failure = RelationalError(.unavailable, reason)
    connectFailure = failure
    logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(failure.message)", "lane": "shared"])
    // `isConnecting` stays set during the pause, so that nobody tries sooner.
    loop.schedule(at: .after(breaker.failed(silent: silent, spread: .random(in: 0...1)))) { [weak self] in
      self?.assumeIsolated { lane in
        lane.isConnecting = false
        lane.breaker.pauseIsOver()
        if !lane.queue.isEmpty || lane.breaker.isOpen { lane.connect() }
      }
    }
    guard breaker.isOpen else { return }
    let waiting = queue
    queue = []
    for id in waiting { failUnreachable(id) }
  }

  /// The connection is gone: everything under way is a read and is sent again on the next one.
  private func lose(silent: Bool = false) {
    guard let wire else { return }
    let reason = wire.errorMessage
    let abandoned = wire.close()
    self.wire = nil
    isSyncDue = false
    if isConnecting { return connectFailed(reason, silent: silent) }
    counters.note { $0.lost += 1 }
    let failure = RelationalError(.unavailable, "the connection was lost")
    for case .execute(let id) in abandoned { sendAgain(id, after: failure) }
  }

  /// Closes at once; travellers are told.
  func close() {
    isClosed = true
    _ = wire?.close()
    wire = nil
    queue = []
    for id in Array(travellers.keys) { fail(id, RelationalError(.closed, "the database is closed")) }
  }

  // MARK: Deadlines

  /// Looks four times a second, as long as somebody travels: a timer for each statement would cost more.
  private func watch() {
    guard !isWatched else { return }
    isWatched = true
    loop.schedule(at: .after(.milliseconds(250))) { [weak self] in
      self?.assumeIsolated { $0.expire() }
    }
  }

  private func expire() {
    isWatched = false
    var isSilent = false
    for (id, traveller) in travellers where traveller.deadline.hasPassed {
      if traveller.isSent {
        isSilent = true
        fail(id, RelationalError(.deadline, "no answer in time"))
      } else {
        failUnreachable(id)
      }
    }
    queue.removeAll { travellers[$0] == nil }
    if isSilent { lose() }
    if !travellers.isEmpty { watch() }
  }
}
