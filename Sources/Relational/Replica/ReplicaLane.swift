import Kernel
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

    /// Whether somebody still wants to know; if not, the next one has to begin asking again.
    mutating func goesOn(_ patience: Duration) -> Bool {
      isAsking = !isClosed && lastWanted.duration(to: .now) < patience
      if !isAsking { bound.forget() }
      return isAsking
    }
  }
  private let lane: SharedLane
  private let state = Mutex(State())
  private static let pause = Duration.milliseconds(50)
  private static let patience = Duration.seconds(5)
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
    lane = try SharedLane(own, loop: loop, counters: counters)
  }

  /// Statements that wait or are under way.
  var load: Int { lane.load }

  /// The connection's number when it may answer a read that must see the mark; `nil` sends the reader elsewhere.
  func covers(_ mark: UInt64?, at now: ContinuousClock.Instant) -> Int? {
    let connection = lane.connectionNumber
    let (covers, mustAsk) = state.withLock { state in
      state.lastWanted = now
      let mustAsk = !state.isAsking && !state.isClosed
      if mustAsk { state.isAsking = true }
      return (state.bound.covers(mark, on: connection, at: now), mustAsk)
    }
    if mustAsk { Task { await keepAsking() } }
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

  private func keepAsking() async {
    while state.withLock({ $0.goesOn(Self.patience) }) {
      let connection = lane.connectionNumber
      let bound: UInt64?? = try? await ask()
      state.withLock { state in
        // An answer that came over another connection than expected is worth nothing; the next one is soon there.
        if let bound, lane.connectionNumber == connection {
          state.bound.learned(bound, on: connection, at: .now)
        } else {
          state.bound.forget()
        }
      }
      // Nobody cancels this task: it ends when nobody reads any more.
      try? await Task.sleep(for: Self.pause)
    }
  }

  private func ask() async throws(RelationalError) -> UInt64? {
    let call = try StatementCall(Self.replayed, [])
    return try StatementResult(result: try await lane.perform(call), statement: call.name).rows(UInt64?.self).first ?? nil
  }
}
