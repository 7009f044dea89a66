/// Why an operation of a load run does not count as done.
public enum LoadFailure: Error, Hashable, Sendable {
  /// The connection could not be made, or broke before the answer was complete.
  case connection
  /// No complete answer within the time given.
  case timeout
  /// The answer came with a status that the operation did not expect.
  case status(Int)
  /// The answer's status was right, its content was not; the text says what was missing, never a value.
  case content(String)
  /// The client is already waiting for an answer: one connection serves one request at a time.
  case busy
  /// The task was cancelled.
  case cancelled

  /// The heading under which a report counts it.
  public var kind: String {
    switch self {
    case .connection: "connection"
    case .timeout: "timeout"
    case .status(let status): "status \(status)"
    case .content(let what): "content: \(what)"
    case .busy: "busy"
    case .cancelled: "cancelled"
    }
  }
}
