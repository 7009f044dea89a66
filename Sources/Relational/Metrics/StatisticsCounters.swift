import Synchronization

/// Counts for all of a database. Cost for a statement: two moments of the clock, three locks that are hardly ever
/// contended, and one look-up of its name.
final class StatisticsCounters: Sendable {
  /// More names than a program has; a program that makes names from data must not fill the memory.
  static let limit = 2000
  /// Stands for the names beyond the limit.
  static let others = "(others)"

  private struct State {
    var roundTrips = 0
    var replicaReads = 0
    var connections = ConnectionFigures()
  }
  private let state = Mutex(State())
  private let meters = Mutex<[String: StatementMeter]>([:])
  /// COMMIT, scripts and the like: they are not listed, but their rows and errors count.
  let unnamed = StatementMeter(sql: nil)

  /// The figures of a statement by its name.
  func meter(_ name: String, sql: String?) -> StatementMeter {
    meters.withLock { meters in
      if let known = meters[name] { return known }
      let isBeyond = meters.count >= Self.limit
      if isBeyond, let others = meters[Self.others] { return others }
      let meter = StatementMeter(sql: isBeyond ? nil : sql)
      meters[isBeyond ? Self.others : name] = meter
      return meter
    }
  }

  /// A statement is being sent; `keys` of a look-up are those that travel together.
  func sent(_ name: String, sql: String?, lane: Lane, keys: Int = 0) -> StatementMeter {
    let meter = meter(name, sql: sql)
    meter.sent(lane, keys: keys)
    return meter
  }

  /// Something is sent whose answer is awaited.
  func roundTrip() { state.withLock { $0.roundTrips += 1 } }

  func readFromReplica() { state.withLock { $0.replicaReads += 1 } }

  /// Something rare happened to a connection.
  func note(_ change: (inout ConnectionFigures) -> Void) { state.withLock { change(&$0.connections) } }

  /// A call waited for a connection since a moment, and has it or gave up.
  func waited(since: UInt64) {
    let time = MonotonicClock.now &- since
    note { $0.waits.record(nanoseconds: time) }
  }

  /// The texts of the statements that were sent.
  var texts: [String: String] { meters.withLock { $0.compactMapValues(\.sql) } }

  /// Costs a lock for each statement that was ever sent; histograms are shared until the next change.
  var snapshot: Statistics {
    var statistics = Statistics()
    state.withLock { state in
      statistics.roundTrips = state.roundTrips
      statistics.replicaReads = state.replicaReads
      statistics.connections = state.connections
    }
    statistics.byStatement = meters.withLock { $0 }.mapValues(\.figures)
    for figures in statistics.byStatement.values {
      statistics.statements += figures.count
      statistics.rows += figures.rows
      statistics.errors += figures.errors
    }
    let rest = unnamed.figures
    statistics.rows += rest.rows
    statistics.errors += rest.errors
    return statistics
  }
}
