import Kernel
import Logging

/// Opening the lane's connections: with the first statement, and again when one was lost, with growing pauses.
extension SharedLane {
  /// Somebody waits: opens what is closed.
  func openMissing() {
    guard !isClosed else { return }
    for connection in connections where connection.phase == .closed {
      connection.phase = .connecting
      let number = connection.number
      // The connection serves all who wait, so it does not belong to the task that came first.
      Task { await self.connect(number) }
    }
  }

  private func connect(_ number: Int) async {
    let list = await options.resolved()
    let connection = connections[number]
    guard !isClosed, connection.phase == .connecting else { return }
    guard let wire = Wire<LaneConnection.Part>(list, loop: loop, owner: connection.port) else {
      return connectFailed(connection, "refused")
    }
    connection.wire = wire
    connection.connectTimer = loop.schedule(at: .after(acquireTimeout)) { [weak self] in
      self?.assumeIsolated { lane in
        let connection = lane.connections[number]
        if connection.phase == .connecting { lane.lose(connection) }
      }
    }
  }

  func opened(_ connection: LaneConnection) {
    connection.connectTimer.take().map(loop.unschedule)
    connection.opened()
    connectFailure = nil
  }

  /// Plans the next attempt; passengers wait for it, or for another connection, until their deadlines.
  func connectFailed(_ connection: LaneConnection, _ reason: String) {
    connection.connectTimer.take().map(loop.unschedule)
    let failure = RelationalError(.unavailable, reason)
    connectFailure = failure
    logger.warning("cannot connect to PostgreSQL", metadata: ["reason": "\(failure.message)", "lane": "shared"])
    connection.phase = .pausing
    let number = connection.number
    loop.schedule(at: .after(connection.backoff.failed(spread: .random(in: 0...1)))) { [weak self] in
      self?.assumeIsolated { lane in lane.pauseEnded(number) }
    }
  }

  private func pauseEnded(_ number: Int) {
    guard connections[number].phase == .pausing else { return }
    connections[number].phase = .closed
    if isAwaited { openMissing() }
  }
}
