import Kernel
import Logging
import Synchronization

/// The shared lane: short reads of all tasks over a few pipelined connections.
///
/// Statements wait in one queue, first come, first served, and leave at the end of the loop's turn over the connection
/// with the least under way. They are reads: whatever a failing neighbour or a lost connection has undone is sent again.
/// A caller on the loop's own thread enters without a lock; the others hand over in bulk, one wake-up for each turn.
actor SharedLane: TurnEndHandler {
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  nonisolated let loop: EventLoop
  nonisolated private let queueLimit: Int
  /// Who waits or is under way.
  nonisolated private let passengerCount = Atomic<Int>(0)
  /// Handed over by other threads since the last turn.
  nonisolated private let inbox = Mutex<[Passenger]>([])

  let options: ConnectOptions
  let acquireTimeout: Duration
  let logger: Logger
  /// Deadlines are kept in ticks of a clock that runs while somebody travels: a timer for each would cost more.
  private static let tickLength = Duration.milliseconds(250)
  private let waitingTicks: Int
  private let answerTicks: Int
  private var tick = 0
  private var isTicking = false

  private let counters: StatisticsCounters
  private let connectionCount: Int
  private(set) lazy var connections = (0..<connectionCount).map { number in
    LaneConnection(number: number, port: LanePort(number, of: self), counters: counters)
  }
  /// Why the last attempt to connect failed.
  var connectFailure: RelationalError?
  private(set) var isClosed = false
  private var queue = FIFO<Ride>()
  /// Met misfortune among the answers of this moment; they leave again before all others.
  private var sentBack: [Ride] = []
  private var groups: [String: LookupGroup] = [:]
  private var lastGroup: LookupGroup?
  /// Groups where somebody gathers.
  private var gathering: [LookupGroup] = []
  private var isTurnEndDue = false
  /// Statements that came aboard since the last departure. So many do not wait for the end of the turn: the server begins while the
  /// other tasks still run, which is worth a seventh of the throughput.
  private var boarded = 0
  private static let earlyDeparture = 32

  init(
    _ configuration: RelationalConfiguration, loop: EventLoop, counters: StatisticsCounters
  ) throws(RelationalError) {
    let timeout = max(.milliseconds(1), configuration.sharedStatementTimeout)
    options = try ConnectOptions(
      configuration,
      settings: ["default_transaction_read_only=on", "statement_timeout=\(timeout.inMicroseconds / 1000)"])
    self.loop = loop
    self.counters = counters
    queueLimit = configuration.laneQueueLimit
    acquireTimeout = configuration.acquireTimeout
    logger = configuration.logger
    waitingTicks = Self.ticks(acquireTimeout)
    // The server stops the statement first; only a server that does not answer at all takes longer.
    answerTicks = Self.ticks(timeout + .seconds(1))
    connectionCount = configuration.sharedConnections
  }

  private static func ticks(_ duration: Duration) -> Int { Int((duration / tickLength).rounded(.up)) }

  // MARK: Callers

  /// Takes a statement along. Cancelling drops the answer and nothing else.
  nonisolated(nonsending) func perform(_ call: StatementCall) async throws(RelationalError) -> PQResult {
    try await travel(Passenger(.call(call)))
  }

  /// Takes a key along, together with others of the same statement.
  nonisolated(nonsending) func perform(_ lookUp: LookUp) async throws(RelationalError) -> FoundRow {
    let passenger = Passenger(.lookUp(lookUp))
    let result = try await travel(passenger)
    return FoundRow(result: result, statement: lookUp.statement.name, row: passenger.row)
  }

  nonisolated(nonsending) private func travel(_ passenger: Passenger) async throws(RelationalError) -> PQResult {
    if Task.isCancelled { throw .cancelled(passenger.statement) }
    guard passengerCount.add(1, ordering: .relaxed).newValue <= queueLimit else {
      passengerCount.subtract(1, ordering: .relaxed)
      throw RelationalError(.overloaded, "too many statements wait for the shared lane", statement: passenger.statement)
    }
    do {
      return try await withTaskCancellationHandler {
        // Unsafe only in that nobody checks what `Passenger` guarantees: it answers once.
        try await withUnsafeThrowingContinuation { continuation in
          passenger.continuation = continuation
          if loop.isCurrent { assumeIsolated { $0.board(passenger) } } else { handOver(passenger) }
        }
      } onCancel: {
        loop.execute { self.assumeIsolated { $0.fail(passenger, .cancelled(nil)) } }
      }
    } catch let error as RelationalError {
      throw error
    } catch {
      preconditionFailure("the lane throws nothing else: \(error)")
    }
  }

  /// Only the first one until the loop comes costs a wake-up.
  nonisolated private func handOver(_ passenger: Passenger) {
    let isFirst = inbox.withLock { inbox in
      inbox.append(passenger)
      return inbox.count == 1
    }
    if isFirst { loop.atEndOfTurn(self) }
  }

  private func board(_ passenger: Passenger) {
    guard passenger.board() else { return left() }
    if isClosed { return fail(passenger, RelationalError(.closed, "the database is closed")) }
    passenger.waitsUntil = tick + waitingTicks
    if !isTicking { startTicking() }
    switch passenger.errand {
    case .call:
      queue.append(.single(passenger))
      boarded += 1
      if boarded >= Self.earlyDeparture { return depart() }
    case .lookUp(let lookUp):
      gather(passenger, lookUp.statement)
    }
    endTurnLater()
  }

  private func gather(_ passenger: Passenger, _ statement: LookupStatement) {
    let group: LookupGroup
    if let lastGroup, lastGroup.statement === statement {
      group = lastGroup
    } else if let known = groups[statement.name] {
      // The same name for another text: not to be mixed, and of no use as a catalogue.
      guard known.serves(statement) else {
        return fail(passenger, RelationalError(.misuse, "another keyed statement has the same name"))
      }
      group = known
    } else {
      group = LookupGroup(statement)
      groups[statement.name] = group
    }
    lastGroup = group
    group.machine.asked(passenger)
    list(group)
  }

  private func list(_ group: LookupGroup) {
    guard !group.isListed else { return }
    group.isListed = true
    gathering.append(group)
  }

  // MARK: Turns

  private func endTurnLater() {
    guard !isTurnEndDue else { return }
    isTurnEndDue = true
    loop.atEndOfTurn(self)
  }

  nonisolated func turnEnded() {
    assumeIsolated { lane in
      lane.isTurnEndDue = false
      for passenger in lane.arrivals() { lane.board(passenger) }
      lane.depart()
    }
  }

  private func arrivals() -> [Passenger] {
    inbox.withLock { inbox in
      defer { inbox = [] }
      return inbox
    }
  }

  /// Sends what has gathered, each batch with one synchronization point.
  private func depart() {
    boarded = 0
    while let ride = queue.first {
      if !ride.isDeserted {
        guard let connection = leastLoaded() else { break }
        _ = queue.popFirst()
        send(ride, over: connection)
      } else {
        _ = queue.popFirst()
        dismiss(ride)
      }
    }
    departTogether()
    for connection in connections where connection.isSyncDue && !connection.sync() { lose(connection) }
    openMissing()
  }

  /// Whether somebody waits who has not been sent.
  var isAwaited: Bool { !queue.isEmpty || !gathering.isEmpty }

  private func departTogether() {
    guard !gathering.isEmpty else { return }
    let groups = gathering
    gathering = []
    for group in groups {
      group.isListed = false
      while let connection = leastLoaded() {
        let open = connections.count { $0.phase == .open }
        guard let batch = group.nextBatch(connections: open) else { break }
        send(.together(batch), over: connection)
      }
      if group.machine.waitingCount > 0 { list(group) }
    }
  }

  private func leastLoaded() -> LaneConnection? {
    var best: LaneConnection?
    for connection in connections where connection.hasRoom {
      if best.map({ connection.load < $0.load }) ?? true { best = connection }
    }
    return best
  }

  private func send(_ ride: Ride, over connection: LaneConnection) {
    if !connection.send(ride, answerBy: tick + answerTicks, tick: tick) { lose(connection) }
  }

  // MARK: Answers

  func receive(_ number: Int) {
    let connection = connections[number]
    guard let wire = connection.wire else { return }
    var isInStep = true
    let alive = wire.receive { event in
      switch event {
      case .connected: opened(connection)
      case .answer(.finished(let part, let kind, let result)):
        if let (ride, outcome) = connection.settle(part, kind, result) { settle(ride, outcome) }
      case .answer(.synchronized): break
      // COPY is no read; the server has left the protocol's path or the lane's rules.
      case .answer(.copyReady), .answer(.outOfStep): isInStep = false
      }
    }
    connection.lastProgress = tick
    queue.prepend(sentBack)
    sentBack.removeAll(keepingCapacity: true)
    if !alive || !isInStep { lose(connection) }
    if isAwaited { endTurnLater() }
  }

  private func settle(_ ride: Ride, _ outcome: LaneConnection.Outcome) {
    switch outcome {
    case .answered(let result): answer(ride, result)
    case .failed(let failure): fail(ride, failure)
    case .again(let failure):
      // Whoever met misfortune four times is told.
      ride.mishaps += 1
      if ride.mishaps > 3 { fail(ride, failure) } else { sentBack.append(ride) }
    }
  }

  private func answer(_ ride: Ride, _ result: PQResult) {
    counters.answered(rows: Int(result.rowCount), failed: false)
    switch ride {
    case .single(let passenger):
      if passenger.succeed(result) { left() }
    case .together(let batch):
      do throws(DecodingFailure) {
        try batch.assign(result)
        for (caller, _) in batch.callers where caller.succeed(result) { left() }
      } catch {
        let failure = StatementResult(result: result, statement: batch.call.name).described(error)
        for (caller, _) in batch.callers { fail(caller, failure) }
      }
      dismiss(ride)
    }
  }

  private func fail(_ ride: Ride, _ failure: RelationalError) {
    counters.answered(rows: 0, failed: true)
    ride.forEachPassenger { fail($0, failure) }
    dismiss(ride)
  }

  private func fail(_ passenger: Passenger, _ failure: RelationalError) {
    if passenger.fail(failure) { left() }
  }

  private func left() { passengerCount.subtract(1, ordering: .relaxed) }

  /// A ride is over: its group may send the next batch.
  private func dismiss(_ ride: Ride) {
    guard case .together(let batch) = ride else { return }
    let group = batch.group
    group.machine.ended()
    if group.machine.waitingCount > 0 {
      list(group)
    } else if group.machine.isIdle, groups.count > 256 {
      // Names made up at run time must not fill the memory.
      groups[group.statement.name] = nil
      lastGroup = nil
    }
  }

  /// The connection is gone: everything under way is sent again, before all others, on whichever is open next.
  func lose(_ connection: LaneConnection) {
    let reason = connection.wire?.errorMessage ?? ""
    let wasConnecting = connection.phase == .connecting
    let rides = connection.close()
    if wasConnecting { return connectFailed(connection, reason) }
    let failure = RelationalError(.unavailable, "the connection was lost")
    // The server may have died of the oldest one, the others only of its company.
    rides.first?.mishaps += 1
    for ride in rides where ride.mishaps > 3 { fail(ride, failure) }
    queue.prepend(rides.filter { $0.mishaps <= 3 })
    if isAwaited { endTurnLater() }
  }

  /// Closes at once; passengers are told.
  func close() {
    isClosed = true
    let closed = RelationalError(.closed, "the database is closed")
    for connection in connections {
      for ride in connection.close() { fail(ride, closed) }
    }
    for ride in queue.takeAll() { fail(ride, closed) }
    for group in groups.values {
      group.machine.forEachWaiting { fail($0, closed) }
      group.machine.dropLeft()
    }
    gathering = []
  }

  // MARK: Deadlines

  private func startTicking() {
    isTicking = true
    loop.schedule(at: .after(Self.tickLength)) { [weak self] in self?.assumeIsolated { $0.expire() } }
  }

  private func expire() {
    isTicking = false
    tick += 1
    for connection in connections where connection.phase == .open {
      let late = RelationalError(.deadline, "no answer in time")
      connection.forEachOverdue(tick) { ride in ride.forEachPassenger { fail($0, late) } }
      // The server stops every statement in time, so a silent one is gone.
      if !connection.isIdle, tick - connection.lastProgress > answerTicks { lose(connection) }
    }
    let failure = waitedInVain
    let expireWaiting = { (passenger: Passenger) in
      if passenger.waitsUntil < self.tick { self.fail(passenger, failure) }
    }
    queue.forEach { $0.forEachPassenger(expireWaiting) }
    queue.removeAll { ride in
      if ride.isDeserted { dismiss(ride) }
      return ride.isDeserted
    }
    for group in groups.values {
      group.machine.forEachWaiting(expireWaiting)
      group.machine.dropLeft()
    }
    gathering.removeAll { group in
      group.isListed = group.machine.waitingCount > 0
      return !group.isListed
    }
    if passengerCount.load(ordering: .relaxed) > 0 { startTicking() }
  }

  private var waitedInVain: RelationalError {
    if connections.contains(where: { $0.phase == .open }) {
      return RelationalError(.overloaded, "the shared lane did not come to it in time")
    }
    return RelationalError(
      .unavailable, connectFailure?.message ?? "PostgreSQL cannot be reached", underlying: connectFailure)
  }
}
