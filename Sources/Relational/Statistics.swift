import Synchronization

/// What a database has done since it was opened.
public struct Statistics: Sendable, Equatable {
  /// Named statements sent, repetitions included; BEGIN, COMMIT and savepoints are not counted.
  public internal(set) var statements = 0
  /// Waits for an answer. Statements that travel together count once.
  public internal(set) var roundTrips = 0
  /// Rows returned or changed.
  public internal(set) var rows = 0
  /// Requests that failed.
  public internal(set) var errors = 0
  /// Connections of the pool in use now.
  public internal(set) var leased = 0
  /// Connections of the pool that are idle now.
  public internal(set) var idle = 0
  /// Calls that wait for a connection now.
  public internal(set) var waiting = 0
  /// Connections in use for advisory locks now, held or waited for.
  public internal(set) var lockConnections = 0
  /// Reads that a replica answered.
  public internal(set) var replicaReads = 0
  /// How often each named statement was sent.
  public internal(set) var byStatement: [String: Int] = [:]
}

/// Counts from the event loop; cost: one uncontended lock for each round trip.
final class StatisticsCounters: Sendable {
  private let state = Mutex(Statistics())

  var snapshot: Statistics { state.withLock { $0 } }

  /// A request was sent as a round trip of its own.
  func sent(_ statement: String?) {
    state.withLock { state in
      state.roundTrips += 1
      if let statement { Self.count(statement, &state) }
    }
  }

  /// A statement was sent within a round trip that is counted elsewhere.
  func sentTogether(_ statement: String) { state.withLock { Self.count(statement, &$0) } }

  /// Several statements are on their way together.
  func roundTrip() { state.withLock { $0.roundTrips += 1 } }

  func readFromReplica() { state.withLock { $0.replicaReads += 1 } }

  func answered(_ answer: Answer) {
    answered(rows: answer.result?.affectedRows ?? 0, failed: answer.failure != nil)
  }

  func answered(rows: Int, failed: Bool) {
    state.withLock { state in
      state.rows += rows
      if failed { state.errors += 1 }
    }
  }

  private static func count(_ statement: String, _ state: inout Statistics) {
    state.statements += 1
    state.byStatement[statement, default: 0] += 1
  }
}
