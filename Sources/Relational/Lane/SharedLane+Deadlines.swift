import Kernel
import Synchronization

/// Who has waited too long, and who would wait in vain.
extension SharedLane {
  func startTicking() {
    isTicking = true
    loop.schedule(at: .after(Self.tickLength)) { [weak self] in self?.assumeIsolated { $0.expire() } }
  }

  func expire() {
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

  var waitedInVain: RelationalError {
    if connections.contains(where: { $0.phase == .open }) {
      return RelationalError(.overloaded, "the shared lane did not come to it in time")
    }
    return unreachable
  }

  var unreachable: RelationalError {
    RelationalError(.unavailable, connectFailure?.message ?? "PostgreSQL cannot be reached", underlying: connectFailure)
  }

  /// Why nobody is taken along: no connection is open, and attempts to open one keep failing.
  var refusal: RelationalError? {
    // Looked at for every statement, and nearly always answered by the first connection.
    for connection in connections where connection.phase == .open { return nil }
    return connections.contains { $0.breaker.isOpen } ? unreachable : nil
  }

  /// Tells everybody who waits that it is in vain.
  func refuseWaiting() {
    guard let refusal else { return }
    for ride in queue.takeAll() { fail(ride, refusal) }
    for group in groups.values {
      group.machine.forEachWaiting { fail($0, refusal) }
      group.machine.dropLeft()
      group.isListed = false
    }
    gathering = []
  }
}
