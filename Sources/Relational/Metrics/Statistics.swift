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
  /// How connections fared.
  public internal(set) var connections = ConnectionFigures()
  /// What is known of each named statement: the first 2 000 names, all others together under `(others)`.
  public internal(set) var byStatement: [String: StatementFigures] = [:]
}

/// How the connections of a database fared.
public struct ConnectionFigures: Sendable, Equatable {
  /// Opened, on both lanes and for locks.
  public internal(set) var opened = 0
  /// Lost, or given up because the server did not answer.
  public internal(set) var lost = 0
  /// Closed by the pool because of their age or because nobody needed them.
  public internal(set) var retired = 0
  /// Requests to the server to stop a statement.
  public internal(set) var cancelRequests = 0
  /// Transactions that were run again because they had lost against another one.
  public internal(set) var serializationRetries = 0
  /// Reads of the shared lane that were sent again: a neighbour had failed or the connection was lost.
  public internal(set) var laneResends = 0
  /// How long calls waited that found no idle connection, those that gave up included.
  public internal(set) var waits = TimeHistogram()
}

/// What is known of one statement, by the way it took.
public struct StatementFigures: Sendable, Equatable {
  /// On the shared lane.
  public internal(set) var shared = LaneFigures()
  /// On connections of their own: leased, in transactions and sessions.
  public internal(set) var leased = LaneFigures()

  /// Both ways together.
  public var total: LaneFigures {
    var sum = shared
    sum.add(leased)
    return sum
  }

  /// How often it was sent, repetitions included.
  public var count: Int { shared.count + leased.count }
  /// How often it failed, being interrupted included.
  public var errors: Int { shared.errors + leased.errors }
  /// Rows returned or changed.
  public var rows: Int { shared.rows + leased.rows }
  /// Bytes of the values that the server returned.
  public var bytes: Int { shared.bytes + leased.bytes }
  /// From sending to the answer; of a COPY, to its end.
  public var time: TimeHistogram { total.time }
}

/// What is known of one statement on one lane.
public struct LaneFigures: Sendable, Equatable {
  /// How often it was sent, repetitions included. Look-ups that travelled together count once.
  public internal(set) var count = 0
  /// How often it failed, being interrupted included.
  public internal(set) var errors = 0
  /// Rows returned or changed.
  public internal(set) var rows = 0
  /// Bytes of the values that the server returned.
  public internal(set) var bytes = 0
  /// Keys looked up, where it is a look-up by key: divided by `count`, how many travelled together.
  public internal(set) var keys = 0
  /// From sending to the answer; of a COPY, to its end.
  public internal(set) var time = TimeHistogram()

  mutating func add(_ other: LaneFigures) {
    count += other.count
    errors += other.errors
    rows += other.rows
    bytes += other.bytes
    keys += other.keys
    time.add(other.time)
  }
}
