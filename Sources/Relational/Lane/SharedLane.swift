import Kernel

/// The shared lane: short reads of all tasks over a few pipelined connections.
final class SharedLane: Sendable {
  private let connections: [LaneConnection]

  init(
    _ configuration: RelationalConfiguration, loop: EventLoop, counters: StatisticsCounters
  ) throws(RelationalError) {
    let timeout = configuration.statementTimeout ?? .seconds(5)
    let milliseconds = timeout.inMicroseconds / 1000
    let options = try ConnectOptions(
      configuration, settings: ["default_transaction_read_only=on", "statement_timeout=\(milliseconds)"])
    connections = (0..<configuration.sharedConnections).map { _ in
      LaneConnection(
        options: options, loop: loop, counters: counters, acquireTimeout: configuration.acquireTimeout,
        // The server stops the statement first; only a server that does not answer at all takes longer.
        answerTimeout: timeout + .seconds(1), logger: configuration.logger)
    }
  }

  func perform(_ call: StatementCall) async throws(RelationalError) -> PQResult {
    if Task.isCancelled { throw .cancelled(call.name) }
    // The shorter queue; a stale count costs nothing but a little balance.
    let connection = connections.min { $0.load < $1.load } ?? connections[0]
    return try await connection.perform(call).get()
  }

  func close() async {
    for connection in connections { await connection.close() }
  }
}
