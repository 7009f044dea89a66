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
  nonisolated let passengerCount = Atomic<Int>(0)
  /// How often a connection has been opened; of a lane with only one, its number: each may lead to another server.
  nonisolated var connectionNumber: Int { openings.load(ordering: .acquiring) }
  nonisolated let openings = Atomic<Int>(0)
  /// Statements and look-ups that wait or are under way.
  nonisolated var load: Int { passengerCount.load(ordering: .relaxed) }
  /// Handed over by other threads since the last turn.
  nonisolated private let inbox = Mutex<[Passenger]>([])

  let options: ConnectOptions
  let acquireTimeout: Duration
  let logger: Logger
  /// Deadlines are kept in ticks of a clock that runs while somebody travels: a timer for each would cost more.
  static let tickLength = Duration.milliseconds(250)
  let waitingTicks: Int
  let answerTicks: Int
  var tick = 0
  var isTicking = false

  let counters: StatisticsCounters
  let configuration: RelationalConfiguration
  lazy var connections = (0..<max(1, configuration.sharedConnections)).map { number in
    LaneConnection(
      number: number, port: LanePort(number, of: self),
      breaker: ConnectBreaker(threshold: configuration.connectFailureLimit),
      statements: PreparedStatements.Policy(
        naming: configuration.statementNaming, limit: configuration.statementCacheLimit), counters: counters)
  }
  /// Why the last attempt to connect failed.
  var connectFailure: RelationalError?
  var isClosed = false
  var queue = FIFO<Ride>()
  /// Met misfortune among the answers of this moment; they leave again before all others.
  var sentBack: [Ride] = []
  var groups: [String: LookupGroup] = [:]
  var lastGroup: LookupGroup?
  /// Groups where somebody gathers.
  var gathering: [LookupGroup] = []
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
      settings: ["statement_timeout=\(timeout.inMicroseconds / 1000)"], readOnly: true)
    self.loop = loop
    self.counters = counters
    queueLimit = configuration.laneQueueLimit
    acquireTimeout = configuration.acquireTimeout
    logger = configuration.logger
    waitingTicks = Self.ticks(acquireTimeout)
    // The server stops the statement first; only a server that does not answer at all takes longer.
    answerTicks = Self.ticks(timeout + .seconds(1))
    self.configuration = configuration
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
    if let continuation = passenger.board() {
      left()
      return continuation.resume(throwing: RelationalError.cancelled(passenger.statement))
    }
    if isClosed { return fail(passenger, RelationalError(.closed, "the database is closed")) }
    if let refusal { return fail(passenger, refusal) }
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

  func list(_ group: LookupGroup) {
    guard !group.isListed else { return }
    group.isListed = true
    gathering.append(group)
  }

  // MARK: Turns

  func endTurnLater() {
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
    // One look at the clock for all of them.
    let now = MonotonicClock.now
    while let ride = queue.first {
      if !ride.isDeserted {
        guard let connection = leastLoaded() else { break }
        _ = queue.popFirst()
        send(ride, over: connection, now)
      } else {
        _ = queue.popFirst()
        dismiss(ride)
      }
    }
    departTogether(now)
    for connection in connections where connection.isSyncDue && !connection.sync() { lose(connection) }
    openMissing()
  }

  /// Whether somebody waits who has not been sent.
  var isAwaited: Bool { !queue.isEmpty || !gathering.isEmpty }

  private func departTogether(_ now: UInt64) {
    guard !gathering.isEmpty else { return }
    let groups = gathering
    gathering = []
    for group in groups {
      group.isListed = false
      while let connection = leastLoaded() {
        let open = connections.count { $0.phase == .open }
        guard let batch = group.nextBatch(connections: open) else { break }
        send(.together(batch), over: connection, now)
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

  private func send(_ ride: Ride, over connection: LaneConnection, _ now: UInt64) {
    if !connection.send(ride, answerBy: tick + answerTicks, tick: tick, now: now) { lose(connection) }
  }
}
