/// One thing to ask of a leased connection, in one round trip where the protocol allows it.
struct Request: Sendable {
  enum Body: Sendable {
    /// A named statement, prepared on first use.
    case statement(StatementCall)
    /// A statement of our own without parameters and rows: COMMIT, ROLLBACK.
    case command(String)
    /// Any number of statements by the simple protocol.
    case script(String)
    /// The beginning of a COPY.
    case copy(String)
    /// Only what the lease has to send before its next statement.
    case nothing
  }

  /// What the cancellation of the task does while the answer is awaited.
  enum Interruption: Sendable {
    /// The server is asked to stop; the connection is not used again.
    case stop
    /// The answer decides about a commit: it is awaited a moment longer, then the outcome is unknown.
    case commit
    /// It must be done in any case and is quick.
    case ignore
  }

  let body: Body
  var interruption = Interruption.stop
  var timeout: Duration?
  var lease: LeaseState?
  /// The statement's name for errors.
  var label: String?
}

/// What came of a request.
struct Answer: Sendable {
  var result: PQResult?
  var failure: RelationalError?
  /// Whether anything was sent at all.
  var wasSent = true

  static func unsent(_ failure: RelationalError) -> Answer { Answer(failure: failure, wasSent: false) }

  func get() throws(RelationalError) -> PQResult {
    if let failure { throw failure }
    guard let result else { throw RelationalError(.server, "the server sent no result") }
    return result
  }
}

extension Request {
  /// Whether it travels in pipeline mode, with a synchronization point at its end.
  var isPipelined: Bool {
    switch body {
    case .statement, .command, .nothing: true
    case .script, .copy: false
    }
  }

  func replacingBody(_ body: Body) -> Request {
    Request(body: body, interruption: interruption, timeout: timeout, lease: lease, label: label)
  }
}

extension RelationalError {
  /// The prepared plan does not fit the schema any more, or the server does not know it.
  var meansStalePlan: Bool {
    sqlState == "26000" || (sqlState == "0A000" && message.contains("cached plan"))
  }

  static func outcomeUnknown(because cause: RelationalError) -> RelationalError {
    RelationalError(.outcomeUnknown, "no answer to COMMIT: \(cause.message)", underlying: cause)
  }
}
