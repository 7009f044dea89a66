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
      configuration, settings: ["statement_timeout=\(milliseconds)"], readOnly: true)
    connections = (0..<configuration.sharedConnections).map { _ in
      LaneConnection(
        options: options, loop: loop, counters: counters, acquireTimeout: configuration.acquireTimeout,
        // The server stops the statement first; only a server that does not answer at all takes longer.
        answerTimeout: timeout + .seconds(1), breaker: ConnectBreaker(threshold: configuration.connectFailureLimit),
        logger: configuration.logger)
    }
  }

  func perform(_ call: StatementCall) async throws(RelationalError) -> PQResult {
    if Task.isCancelled { throw .cancelled(call.name) }
    // The shorter queue; a stale count costs nothing but a little balance.
    let connection = connections.min { $0.load < $1.load } ?? connections[0]
    return try await connection.perform(call).get()
  }

  /// Statements that wait or are under way.
  var load: Int { connections.reduce(0) { $0 + $1.load } }

  /// How often the lane's only connection has been opened; for a replica's lane.
  var connectionNumber: Int { connections[0].connectionNumber }

  func close() async {
    for connection in connections { await connection.close() }
  }
}
