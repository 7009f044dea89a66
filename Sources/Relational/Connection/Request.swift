/// One thing to ask of a leased connection, in one round trip where the protocol allows it.
struct Request: Sendable {
  enum Body: Sendable {
    /// A named statement, prepared on first use.
    case statement(StatementCall)
    /// A statement of our own without parameters and rows: COMMIT, ROLLBACK.
    case command(String)
    /// Several that travel together; the first failure aborts those behind it.
    case steps([Step])
    /// Any number of statements by the simple protocol.
    case script(String)
    /// A COPY of rows to the server; its answer says that the server is ready for them.
    case copyIn(String)
    /// A COPY of rows to us, whose columns are those of the result.
    case copyOut(String, columns: PQResult)

    /// Whether the session may be another one afterwards; of a script nobody knows.
    var leavesTraces: Bool {
      switch self {
      case .statement(let call): call.leavesTraces
      case .steps(let steps): steps.contains { if case .statement(let call) = $0 { call.leavesTraces } else { false } }
      case .script: true
      case .command, .copyIn, .copyOut: false
      }
    }
  }

  enum Step: Sendable {
    case statement(StatementCall)
    case command(String)
    /// Parsed anew each time, with values.
    case direct(String, Parameters)
    /// Only checks the text and tells its columns.
    case describe(String)
  }

  let body: Body
  /// What happens when the task is cancelled or the deadline passes while the answer is awaited.
  var interruption = InterruptionMachine.Manner.stop
  /// Whether its success changes for others what the database holds: not within a transaction that goes on.
  var isDecisive = true
  var timeout: Duration?
  var lease: LeaseState?
  /// The statement's name for errors.
  var label: String?

  /// Whether it travels in pipeline mode, with a synchronization point at its end.
  var isPipelined: Bool {
    switch body {
    case .statement, .command, .steps: true
    case .script, .copyIn, .copyOut: false
    }
  }

  var isCopy: Bool {
    switch body {
    case .copyIn, .copyOut: true
    default: false
    }
  }

  /// The name for errors of one of several steps.
  func label(of step: Int) -> String? {
    guard case .steps(let steps) = body, step < steps.count, case .statement(let call) = steps[step] else {
      return label
    }
    return call.name
  }
}

/// What came of a request.
struct Answer: Sendable {
  /// The result of the last statement.
  var result: PQResult?
  /// The results of all steps, where there are several.
  var results: [PQResult] = []
  var failure: RelationalError?
  /// Whether anything was sent at all.
  var wasSent = true
  /// The caller is told although the server has not answered yet.
  var isPremature = false

  static func unsent(_ failure: RelationalError) -> Answer { Answer(failure: failure, wasSent: false) }

  func get() throws(RelationalError) -> PQResult {
    if let failure { throw failure }
    guard let result else { throw RelationalError(.server, "the server sent no result") }
    return result
  }
}

extension RelationalError {
  /// The prepared plan does not fit the schema any more, or the server does not know it.
  var meansStalePlan: Bool { isUnknownPlan || (sqlState == "0A000" && message.contains("cached plan")) }

  /// The server does not know the prepared statement.
  var isUnknownPlan: Bool { sqlState == "26000" }

  static func outcomeUnknown(because cause: RelationalError) -> RelationalError {
    var error = RelationalError(.outcomeUnknown, "no answer to COMMIT: \(cause.message)", underlying: cause)
    error.mayHaveTakenEffect = true
    return error
  }
}
