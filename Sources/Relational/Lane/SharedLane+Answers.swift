import Kernel
import Synchronization

/// What comes back, and what becomes of those who wait for it.
extension SharedLane {
  func receive(_ number: Int) {
    let connection = connections[number]
    guard let wire = connection.wire else { return }
    var isInStep = true
    let now = MonotonicClock.now
    let alive = wire.receive { event in
      switch event {
      case .connected: opened(connection)
      case .answer(.finished(let part, let kind, let result)):
        if let (ride, outcome) = connection.settle(part, kind, result, now: now) { settle(ride, outcome) }
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

  /// Whoever met more misfortune than this is told: all connections may go at once, and each of them only once.
  private var mishapLimit: Int { configuration.sharedConnections + 3 }

  func settle(_ ride: Ride, _ outcome: LaneConnection.Outcome) {
    switch outcome {
    case .answered(let result): answer(ride, result)
    case .failed(let failure): fail(ride, failure)
    case .again(let failure):
      ride.mishaps += 1
      if ride.mishaps > mishapLimit { return fail(ride, failure) }
      counters.note { $0.laneResends += 1 }
      sentBack.append(ride)
    }
  }

  func answer(_ ride: Ride, _ result: PQResult) {
    switch ride {
    case .single(let passenger):
      succeed(passenger, result)
    case .together(let batch):
      do throws(DecodingFailure) {
        try batch.assign(result)
        for (caller, _) in batch.callers { succeed(caller, result) }
      } catch {
        let failure = StatementResult(result: result, statement: batch.call.name).described(error)
        for (caller, _) in batch.callers { fail(caller, failure) }
      }
      dismiss(ride)
    }
  }

  func fail(_ ride: Ride, _ failure: RelationalError) {
    ride.forEachPassenger { fail($0, failure) }
    dismiss(ride)
  }

  func fail(_ passenger: Passenger, _ failure: RelationalError) {
    guard let continuation = passenger.leave() else { return }
    left()
    var failure = failure
    failure.statement = passenger.statement
    continuation.resume(throwing: failure)
  }

  private func succeed(_ passenger: Passenger, _ result: PQResult) {
    guard let continuation = passenger.leave() else { return }
    left()
    continuation.resume(returning: result)
  }

  /// One less; before the task goes on, which may ask again at once.
  func left() { passengerCount.subtract(1, ordering: .relaxed) }

  /// A ride is over: its group may send the next batch.
  func dismiss(_ ride: Ride) {
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
  func lose(_ connection: LaneConnection, silent: Bool = false) {
    let reason = connection.wire?.errorMessage ?? ""
    let wasConnecting = connection.phase == .connecting
    let rides = connection.close()
    if wasConnecting { return connectFailed(connection, reason, silent: silent) }
    counters.note { figures in
      figures.lost += 1
      figures.laneResends += rides.count
    }
    let failure = RelationalError(.unavailable, "the connection was lost")
    // The server may have died of the oldest one, the others only of its company.
    rides.first?.mishaps += 1
    for ride in rides where ride.mishaps > mishapLimit { fail(ride, failure) }
    queue.prepend(rides.filter { $0.mishaps <= mishapLimit })
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
}
