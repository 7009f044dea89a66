import Kernel
import Logging
import Synchronization

/// One pipelined connection to a replica for short reads, which also asks how far the replica has come.
///
/// It asks every 50 ms while reads come, so that a read costs no round trip beyond its own.
final class ReplicaLane: Sendable {
  private struct State {
    var bound = ReplayBound()
    var lastWanted = ContinuousClock.now
    var isAsking = false
    var isClosed = false
    /// The connection whose server is known to belong to the primary's cluster.
    var verified = -1

    /// Whether somebody still wants to know; if not, the next one has to begin asking again.
    mutating func goesOn(_ patience: Duration) -> Bool {
      isAsking = !isClosed && lastWanted.duration(to: .now) < patience
      if !isAsking { bound.forget() }
      return isAsking
    }
  }
  private let lane: SharedLane
  private let logger: Logger
  private let state = Mutex(State())
  private static let pause = Duration.milliseconds(50)
  /// How long after the last read it goes on asking.
  private static let patience = Duration.seconds(5)
  private static let cluster = Statement<Int64>(
    "relational.cluster", lane: .shared, "SELECT system_identifier FROM pg_control_system()")
  private static let replayed = Statement<UInt64?>(
    "relational.replayed", lane: .shared,
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(pg_current_snapshot()) END")

  init(
    _ configuration: RelationalConfiguration, uri: String, loop: EventLoop, counters: StatisticsCounters
  ) throws(RelationalError) {
    var own = configuration
    own.uri = uri
    // A bound belongs to one connection, so each lane has one.
    own.sharedConnections = 1
    // Replicas are reached without a pooler.
    own.statementNaming = .named
    lane = try SharedLane(own, loop: loop, counters: counters)
    logger = configuration.logger
  }

  /// Statements that wait or are under way.
  var load: Int { lane.load }

  /// The connection's number when it may answer a read that must see the mark; `nil` sends the reader elsewhere.
  func covers(_ mark: UInt64?, of primary: Database, at now: ContinuousClock.Instant) -> Int? {
    let connection = lane.connectionNumber
    let (covers, mustAsk) = state.withLock { state in
      state.lastWanted = now
      let mustAsk = !state.isAsking && !state.isClosed
      if mustAsk { state.isAsking = true }
      return (state.bound.covers(mark, on: connection, at: now), mustAsk)
    }
    // Asking does not keep the database alive.
    if mustAsk { Task { [weak primary] in await keepAsking { try? await primary?.first(Self.cluster) } } }
    return covers ? connection : nil
  }

  /// The answer, or `nil` when the primary must be asked.
  ///
  /// A read is sent again when its connection was lost, and the next connection may lead to another server: then the
  /// answer does not count.
  func read(_ call: StatementCall, on connection: Int) async throws(RelationalError) -> PQResult? {
    do throws(RelationalError) {
      let result = try await lane.perform(call)
      return lane.connectionNumber == connection ? result : nil
    } catch {
      // Cancelled by the caller, or stopped by the server because it is slow anywhere; all else the primary may know
      // better: conflicts with replay, tables that are not there yet, a replica that is gone.
      if error.code == .cancelled || error.sqlState == "57014" { throw error }
      return nil
    }
  }

  func close() async {
    state.withLock { $0.isClosed = true }
    await lane.close()
  }

  private func keepAsking(_ primaryCluster: () async -> Int64?) async {
    while state.withLock({ $0.goesOn(Self.patience) }) {
      let connection = lane.connectionNumber
      let bound = await isVerified(connection, primaryCluster) ? try? await ask() : nil
      state.withLock { state in
        // An answer that came over another connection than expected is worth nothing; the next one is soon there.
        state.bound.learned(lane.connectionNumber == connection ? bound : nil, on: connection, at: .now)
      }
      // Nobody cancels this task: it ends when nobody reads any more.
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// Whether the server belongs to the primary's cluster, asked once for each connection: a standby of another cluster
  /// has transactions of the same numbers.
  private func isVerified(_ connection: Int, _ primaryCluster: () async -> Int64?) async -> Bool {
    if connection > 0, state.withLock({ $0.verified }) == connection { return true }
    guard let ours = try? await first(Self.cluster), let theirs = await primaryCluster() else { return false }
    guard ours == theirs else {
      logger.error("a replica belongs to another cluster than its primary; it is not used")
      // Somebody has to change the configuration, which takes longer than this.
      try? await Task.sleep(for: Self.patience)
      return false
    }
    // Verified is what has answered, and that may be a newer connection than the one we came for.
    guard lane.connectionNumber == connection else { return false }
    state.withLock { $0.verified = connection }
    return true
  }

  private func ask() async throws(RelationalError) -> UInt64? { try await first(Self.replayed) ?? nil }

  private func first<Row>(_ statement: Statement<Row>) async throws(RelationalError) -> Row? {
    let call = try StatementCall(statement, [])
    return try StatementResult(result: try await lane.perform(call), statement: call.name).rows(Row.self).first
  }
}
