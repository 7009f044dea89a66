import Kernel
import Synchronization

/// COPY in both directions: one request that stays under way from its beginning to its end, and steps in between.
extension Connection {
  /// Begins a COPY. When it succeeds, the number stands for it until `endCopy`, or until the last rows were received.
  nonisolated func beginCopy(_ request: Request) async -> (serial: Int, answer: Answer) {
    let serial = serials.add(1, ordering: .relaxed).newValue
    let answer = await converse(serial) {
      $0.submit(Waiting(serial: serial, request: request, caller: .continuation($1)))
    }
    return (serial, answer)
  }

  /// Sends a piece of data and waits until the socket has taken all of it.
  nonisolated func copy(_ serial: Int, _ bytes: [UInt8], timeout: Duration?) async -> Answer {
    await converse(serial) { connection, continuation in
      guard connection.resumeCopy(serial, continuation, timeout) else { return }
      if connection.wire?.copy(bytes) != true { return connection.loseDuringCopy() }
      connection.continueCopy()
    }
  }

  /// Ends a COPY to the server, successfully or with a reason to throw everything away.
  nonisolated func endCopy(_ serial: Int, error: String?, timeout: Duration?) async -> Answer {
    await converse(serial) { connection, continuation in
      guard connection.resumeCopy(serial, continuation, timeout) else { return }
      connection.current?.phase = .asked
      if connection.wire?.endCopy(error: error) != true { return connection.loseDuringCopy() }
      // A row that was refused early has its whole answer in libpq's buffer, and the socket will not say so again.
      connection.receive()
    }
  }

  /// The next rows of a COPY to us as `results`; with a `result` they are the last ones.
  ///
  /// Only what one reading of the socket brought is held: while nobody asks, the server waits.
  nonisolated func copiedRows(_ serial: Int, timeout: Duration?) async -> Answer {
    await converse(serial) { connection, continuation in
      guard connection.resumeCopy(serial, continuation, timeout) else { return }
      connection.wire?.readOn(true)
      connection.continueCopy()
    }
  }

  /// The reader has gone: what the server still sends is thrown away.
  nonisolated func abandonCopy(_ serial: Int) {
    loop.execute { [weak self] in self?.assumeIsolated { $0.interrupt(serial, by: .cancelled) } }
  }

  /// The server has begun the COPY.
  func copyBegan() {
    guard let exchange = current else { return }
    switch exchange.request.body {
    case .copyIn: current?.phase = .copyingIn
    case .copyOut(_, let columns): current?.phase = .copyingOut(PQRowBuilder(pattern: columns))
    default: return lose(RelationalError(.misuse, "a script cannot contain a COPY from or to the client"))
    }
    if interruption != nil { return abortCopy() }
    publishCondition()
    pass(Answer())
  }

  /// What has arrived, or what the socket has taken, may be what the next step of a COPY waits for.
  func continueCopy() {
    guard let exchange = current, let wire else { return }
    switch exchange.phase {
    case .copyingIn:
      if exchange.caller != nil, !wire.hasUnsentBytes { pass(Answer()) }
    case .copyingOut(let rows):
      takeRows(rows, wire)
    case .asked, .prefixOnly, .barrier:
      break
    }
  }

  private func takeRows(_ rows: PQRowBuilder, _ wire: Wire<Part>) {
    let isDropping = interruption != nil
    guard isDropping || current?.caller != nil else { return wire.readOn(false) }
    while true {
      var fits = true
      switch wire.copiedRow({ bytes in if !isDropping { fits = rows.append(bytes) } }) {
      case .row:
        guard fits else { return lose(RelationalError(.unavailable, "the server copied rows of another shape")) }
        if rows.byteCount >= 65_536 { return pass(Answer(results: rows.take().map { [$0] } ?? [])) }
      case .nothingYet:
        if let some = rows.take() { pass(Answer(results: [some])) }
        return
      case .ended:
        current?.phase = .asked
        current?.answer.results = rows.take().map { [$0] } ?? []
        // The server's last word may be in libpq's buffer already.
        return receive()
      }
    }
  }

  /// Whether a step may go on; otherwise its caller is told why not.
  private func resumeCopy(_ serial: Int, _ continuation: CheckedContinuation<Answer, Never>, _ timeout: Duration?)
    -> Bool
  {
    guard let exchange = current, exchange.serial == serial, interruption == nil, taint == nil else {
      let over = RelationalError(.closed, "the COPY is over")
      continuation.resume(returning: .unsent(taint ?? (interruption == nil ? over : .cancelled(nil))))
      return false
    }
    current?.caller = .continuation(continuation)
    if let timeout {
      current?.deadline = loop.schedule(at: .after(timeout)) { [weak self] in
        self?.assumeIsolated { $0.interrupt(serial, by: .deadline) }
      }
    }
    return true
  }

  /// Resumes the caller of one step; the COPY goes on.
  private func pass(_ answer: Answer) {
    guard let exchange = current else { return }
    current?.caller = nil
    current?.deadline = nil
    if let deadline = exchange.deadline { loop.unschedule(deadline) }
    for rows in answer.results { exchange.meter?.received(.leased, bytes: rows.byteCount) }
    exchange.caller?.resume(returning: answer)
  }

  private func loseDuringCopy() { lose(RelationalError(.unavailable, "the connection was lost")) }

  /// Ends an open COPY without success; rows that are on their way to us are read and dropped.
  func abortCopy() {
    switch current?.phase {
    case .copyingIn:
      current?.phase = .asked
      if wire?.endCopy(error: "interrupted") != true { loseDuringCopy() }
    case .copyingOut:
      wire?.readOn(true)
    default:
      break
    }
  }
}
