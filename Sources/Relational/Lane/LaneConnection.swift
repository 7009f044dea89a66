import Kernel

/// One pipelined connection of the shared lane; it belongs to the lane's actor.
///
/// Statements are put into libpq's buffer as they come; at the end of the loop's turn one synchronization point closes the
/// batch. A statement that fails aborts those behind it in its batch.
final class LaneConnection {
  enum Part {
    case prepare, execute
    /// Of a statement that made room for another.
    case deallocate(String)
  }
  enum Phase { case closed, connecting, open, pausing }

  /// What became of the oldest statement under way.
  enum Outcome {
    case answered(PQResult)
    case failed(RelationalError)
    /// It is a read and suffered for somebody else, so it may be sent again.
    case again(RelationalError)
  }

  /// Statements under way at once. More would not make the server faster, but its answers to newcomers slower.
  static let inFlightLimit = 256
  /// A batch is closed early when it has this many bytes, so that the buffer shows whether the server keeps up.
  static let batchBytes = 65_536

  let number: Int
  /// What the event loop calls when the socket is ready.
  let port: LanePort
  var phase = Phase.closed
  var breaker: ConnectBreaker
  var connectTimer: LoopTimers.ID?
  /// Sends and receives from the first step of connecting on.
  var wire: Wire<Part>?
  /// Statements under way, weighed; what balances the connections.
  private(set) var load = 0
  private(set) var isSyncDue = false
  /// The lane's tick of the last sign of life.
  var lastProgress = 0
  private let counters: StatisticsCounters
  private let statements: PreparedStatements.Policy
  private var prepared: PreparedStatements
  private var underWay = FIFO<Departure>()
  private var unsyncedBytes = 0
  private var prepareFailure: RelationalError?
  private var lastName = ""
  private var lastMeter: StatementMeter?

  init(
    number: Int, port: LanePort, breaker: ConnectBreaker, statements: PreparedStatements.Policy,
    counters: StatisticsCounters
  ) {
    self.number = number
    self.port = port
    self.breaker = breaker
    self.statements = statements
    prepared = PreparedStatements(statements)
    self.counters = counters
  }

  /// Whether another statement may be sent now; the others wait in the lane, where any connection can fetch them.
  var hasRoom: Bool { phase == .open && underWay.count < Self.inFlightLimit && wire?.hasUnsentBytes == false }
  var isIdle: Bool { underWay.isEmpty }

  /// Connected: nothing is prepared and nothing under way.
  func opened() {
    phase = .open
    breaker.succeeded()
    prepared = PreparedStatements(statements)
    prepareFailure = nil
  }

  // MARK: Sending. `false` means that the connection is of no use any more.

  func send(_ ride: Ride, answerBy: Int, tick: Int, now: UInt64) -> Bool {
    if underWay.isEmpty { lastProgress = tick }
    let call = ride.call
    let meter = meter(of: call)
    // Noted before anything can fail: whatever is not sent, or only halfway, is as lost as the rest and sent again.
    underWay.append(Departure(ride: ride, answerBy: answerBy, meter: meter, sentAt: now))
    load += ride.weight
    guard let wire else { return false }
    // One that has met a failing neighbour travels alone.
    let travelsAlone = ride.mishaps > 0
    if travelsAlone, isSyncDue, !sync() { return false }
    meter.sent(.shared, keys: ride.keys)
    let (name, mustPrepare) = prepared.resolve(call)
    if mustPrepare, !prepare(name, call, wire) { return false }
    guard wire.execute(name, call.parameters, .execute) else { return false }
    isSyncDue = true
    unsyncedBytes += call.parameters.byteCount
    return travelsAlone || unsyncedBytes > Self.batchBytes ? sync() : true
  }

  /// Where a statement's figures go; most follow one of the same name, whose look-up is saved.
  private func meter(of call: StatementCall) -> StatementMeter {
    if let lastMeter, lastName == call.name { return lastMeter }
    let meter = counters.meter(call.name, sql: call.sql)
    (lastName, lastMeter) = (call.name, meter)
    return meter
  }

  private func prepare(_ name: String, _ call: StatementCall, _ wire: Wire<Part>) -> Bool {
    if prepared.hasDeallocations {
      for command in prepared.takeDeallocations() {
        guard wire.command(command, .deallocate(command)) else { return false }
      }
    }
    return wire.prepare(name, call.sql, types: call.parameters.types, .prepare)
  }

  func sync() -> Bool {
    isSyncDue = false
    unsyncedBytes = 0
    counters.roundTrip()
    return wire?.sync() ?? false
  }

  // MARK: Receiving

  /// One answer of the server; when it ends a statement, that statement and its outcome.
  func settle(_ part: Part, _ kind: PQResult.Kind, _ result: PQResult, now: UInt64) -> (Ride, Outcome)? {
    switch part {
    case .execute: break
    case .prepare:
      guard kind != .success, let call = underWay.first?.ride.call else { return nil }
      prepared.forget(call.name)
      if kind == .failure { prepareFailure = RelationalError(result, statement: call.name) }
      return nil
    case .deallocate(let command):
      // Aborted with the rest of its batch. When it failed itself, the server did not know the name.
      if kind == .aborted { prepared.keep(command) }
      return nil
    }
    guard let departure = underWay.popFirst() else { return nil }
    let ride = departure.ride
    load -= ride.weight
    // Aborted by a neighbour: it will be sent again, and answered then.
    if kind != .aborted || prepareFailure != nil {
      departure.meter.answered(
        .shared, since: departure.sentAt, now: now, rows: Int(result.rowCount), bytes: result.byteCount,
        failed: kind != .success)
    }
    return (ride, outcome(ride, kind, result))
  }

  private func outcome(_ ride: Ride, _ kind: PQResult.Kind, _ result: PQResult) -> Outcome {
    let preparing = prepareFailure
    prepareFailure = nil
    if kind == .success { return .answered(result) }
    let own = kind == .failure ? RelationalError(result, statement: ride.call.name) : nil
    guard let failure = preparing ?? own else {
      return .again(RelationalError(.unavailable, "statements of the same batch kept failing"))
    }
    if failure.meansStalePlan {
      if failure.sqlState == "26000" { prepared.forget(ride.call.name) } else { prepared.discard(ride.call.name) }
    }
    // A server that goes down says so to the statement under way.
    return failure.meansStalePlan || failure.code == .unavailable ? .again(failure) : .failed(failure)
  }

  /// Those whose answer did not come in time; they are still under way as far as the server is concerned.
  func forEachOverdue(_ tick: Int, _ body: (Ride) -> Void) {
    underWay.forEach { if $0.answerBy < tick { body($0.ride) } }
  }

  /// Closes the socket and gives back what was under way, oldest first.
  func close() -> [Ride] {
    _ = wire?.close()
    wire = nil
    phase = .closed
    isSyncDue = false
    unsyncedBytes = 0
    load = 0
    return underWay.takeAll().map(\.ride)
  }
}

/// Brings the event loop's calls into the lane.
final class LanePort: ReadinessHandler {
  private let number: Int
  // Weak, since the loop's table of sockets keeps the port.
  private weak let lane: SharedLane?

  init(_ number: Int, of lane: SharedLane) {
    self.number = number
    self.lane = lane
  }

  func ready() { lane?.assumeIsolated { $0.receive(number) } }
}
