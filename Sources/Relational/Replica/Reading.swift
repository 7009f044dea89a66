public import Kernel

/// Reads that may be answered by a replica; made by `Database.reading(atLeast:)`.
public struct Reading: Queryable {
  private let database: Database
  private let mark: CommitMark?

  init(_ database: Database, _ mark: CommitMark?) {
    self.database = database
    self.mark = mark
  }

  /// Sends a statement of the shared lane to a replica that has replayed the mark; everything else to the primary.
  public func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    if case .shared = call.lane,
      let result = try await database.replicas.read(call, atLeast: mark?.transaction, of: database)
    {
      return StatementResult(result: result, statement: call.name)
    }
    return try await database.perform(call)
  }
}

/// The replicas of a database: one lane for each that is configured.
final class Replicas: Sendable {
  private let lanes: [ReplicaLane]
  private let counters: StatisticsCounters

  init(_ configuration: RelationalConfiguration, loop: EventLoop, counters: StatisticsCounters) throws(RelationalError)
  {
    var lanes: [ReplicaLane] = []
    for uri in configuration.replicas {
      lanes.append(try ReplicaLane(configuration, uri: uri, loop: loop, counters: counters))
    }
    self.lanes = lanes
    self.counters = counters
  }

  /// Of the lanes that may answer, the one with the least to do; `nil` when the primary must.
  func read(
    _ call: StatementCall, atLeast mark: UInt64?, of primary: Database
  ) async throws(RelationalError) -> PQResult? {
    guard !lanes.isEmpty else { return nil }
    let now = ContinuousClock.now
    var best: (lane: ReplicaLane, connection: Int, load: Int)?
    for lane in lanes {
      guard let connection = lane.covers(mark, of: primary, at: now) else { continue }
      let load = lane.load
      if best.map({ load < $0.load }) ?? true { best = (lane, connection, load) }
    }
    guard let best, let result = try await best.lane.read(call, on: best.connection) else { return nil }
    counters.readFromReplica()
    return result
  }

  func close() async {
    for lane in lanes { await lane.close() }
  }
}

extension Database {
  /// For reads that must see at least the commit of `mark`: a short read goes to a replica that has replayed it.
  ///
  /// It costs no round trip beyond the read's own: replicas are asked every 50 ms how far they are, as long as reads
  /// come. Statements of the shared lane only; leased ones, and all of them while replicas are unknown, late or gone, go
  /// to the primary. A replica counts as having replayed a transaction when no older one is still running, so one long
  /// write sends the reads that are newer than its beginning to the primary until it ends. Without a mark any answering
  /// replica will do, however late. Two reads may be answered by different servers: pass the mark to both. Errors and
  /// cancelling as for the shared lane; a replica's own trouble is not thrown, the primary is asked instead.
  public func reading(atLeast mark: CommitMark? = nil) -> Reading { Reading(self, mark) }
}
