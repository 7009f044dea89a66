import Kernel
import Logging
import Synchronization

/// Opening the lane's connections: with the first statement, and again when one was lost, with growing pauses.
extension SharedLane {
  /// Somebody waits: opens what is closed.
  func openMissing() {
    for connection in connections where connection.phase == .closed { open(connection) }
  }

  private func open(_ connection: LaneConnection) {
    if isClosed { return }
    connection.phase = .connecting
    let number = connection.number
    // The connection serves all who wait, so it does not belong to the task that came first.
    Task { await self.connect(number) }
  }

  private func connect(_ number: Int) async {
    let connection = connections[number]
    do throws(RelationalError) {
      let plan = try await options.plan()
      guard !isClosed, connection.phase == .connecting else { return }
      connection.wire = try Wire<LaneConnection.Part>(plan, loop: loop, owner: connection.port)
    } catch {
      return connectFailed(connection, error.message)
    }
    connection.connectTimer = loop.schedule(at: .after(acquireTimeout)) { [weak self] in
      self?.assumeIsolated { lane in
        let connection = lane.connections[number]
        if connection.phase == .connecting { lane.lose(connection, silent: true) }
      }
    }
  }

  func opened(_ connection: LaneConnection) {
    connection.connectTimer.take().map(loop.unschedule)
    connection.opened()
    counters.note { $0.opened += 1 }
    connectFailure = nil
    openings.add(1, ordering: .releasing)
  }

  /// Plans the next attempt. Passengers wait for it, or for another connection, until their deadlines; when nothing is
  /// open and attempts keep failing they are told at once.
  func connectFailed(_ connection: LaneConnection, _ reason: String, silent: Bool = false) {
    connection.connectTimer.take().map(loop.unschedule)
    let failure = RelationalError(.unavailable, reason)
    connectFailure = failure
    logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(failure.message)", "lane": "shared"])
    connection.phase = .pausing
    let number = connection.number
    let pause = connection.breaker.failed(silent: silent, spread: .random(in: 0...1))
    loop.schedule(at: .after(pause)) { [weak self] in self?.assumeIsolated { $0.pauseEnded(number) } }
    refuseWaiting()
  }

  private func pauseEnded(_ number: Int) {
    let connection = connections[number]
    connection.breaker.pauseIsOver()
    guard connection.phase == .pausing else { return }
    connection.phase = .closed
    // With an open breaker nobody waits, so asking goes on by itself.
    if isAwaited || connection.breaker.isOpen { open(connection) }
  }
}
