/// What is still expected from the server, in the order sent: answers to commands, and synchronization points.
///
/// Results and ends of results go in, finished commands come out; nothing here touches a socket.
struct PipelineMachine<Token, Payload> {
  /// What has been sent.
  private enum Expectation { case command(Token), sync }

  /// What the driver does next.
  enum Outcome {
    /// The command is over; the payload is its first failure, else its last result.
    case finished(Token, PQResult.Kind, Payload)
    /// A COPY has begun: the server waits for data, or is about to send some.
    case copyReady(Token)
    /// Everything sent before the synchronization point is over.
    case synchronized
    /// The answer fits nothing that was sent; the connection is of no use any more.
    case outOfStep
  }

  private var expected: [Expectation] = []
  private var head = 0
  private var pending: (kind: PQResult.Kind, payload: Payload)?

  var isEmpty: Bool { head == expected.count }

  mutating func sent(_ token: Token) { expected.append(.command(token)) }
  mutating func sentSync() { expected.append(.sync) }

  /// A result has arrived.
  mutating func received(_ kind: PQResult.Kind, _ payload: Payload) -> Outcome? {
    guard !isEmpty else { return .outOfStep }
    switch (expected[head], kind) {
    case (.sync, .sync):
      pop()
      return .synchronized
    case (.command, .sync), (.sync, _):
      return .outOfStep
    case (.command(let token), .copyIn), (.command(let token), .copyOut):
      return .copyReady(token)
    case (.command, _):
      // A script may have several results: the first failure counts, otherwise the last one.
      if pending.map({ $0.kind == .success }) ?? true { pending = (kind, payload) }
      return nil
    }
  }

  /// The results of the present command are over.
  mutating func ended() -> Outcome? {
    guard !isEmpty, case .command(let token) = expected[head], let result = pending else { return nil }
    pending = nil
    pop()
    return .finished(token, result.kind, result.payload)
  }

  /// The connection is gone: the commands that will never be answered, in order.
  mutating func abandon() -> [Token] {
    defer {
      expected = []
      head = 0
      pending = nil
    }
    return expected[head...].compactMap { if case .command(let token) = $0 { token } else { nil } }
  }

  private mutating func pop() {
    head += 1
    if head == expected.count || head == 1024 {
      expected.removeFirst(head)
      head = 0
    }
  }
}
