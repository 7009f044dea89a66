import Kernel

/// COPY: three steps that keep one turn.
extension Connection {
  /// Begins a COPY and keeps the turn until `endCopy`, unless it fails.
  func beginCopy(_ request: Request) async -> Answer {
    await takeTurn()
    let answer = await runInTurn(request)
    if answer.failure != nil { passTurn() }
    return answer
  }

  /// Sends a piece of data and waits until the socket has taken it; `false` when the connection is lost.
  ///
  /// A cancelled task waits two seconds more at most, then the connection is given up.
  func copy(_ bytes: [UInt8], timeout: Duration?) async -> Bool {
    guard let wire, wire.copy(bytes) else { return false }
    guard wire.hasUnsentBytes else { return true }
    let timer = timeout.map { giveUpCopy(after: $0) }
    await withTaskCancellationHandler {
      await withCheckedContinuation { copyDrained = $0 }
    } onCancel: {
      loop.execute { [weak self] in self?.assumeIsolated { _ = $0.giveUpCopy(after: .seconds(2)) } }
    }
    if let timer { loop.unschedule(timer) }
    return self.wire != nil
  }

  func giveUpCopy(after delay: Duration) -> LoopTimers.ID {
    loop.schedule(at: .after(delay)) { [weak self] in
      self?.assumeIsolated { connection in
        guard connection.copyDrained != nil else { return }
        connection.askServerToStop()
        connection.lose(RelationalError(.deadline, "the server took no more data"))
      }
    }
  }

  /// Ends the COPY, successfully or with a reason to throw everything away, and passes the turn on.
  func endCopy(error: String?, timeout: Duration?, label: String) async -> Answer {
    defer { passTurn() }
    if let taint { return .unsent(taint) }
    serials += 1
    let serial = serials
    let request = Request(body: .copy(""), timeout: timeout, label: label)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        current = Exchange(serial: serial, request: request, continuation: continuation)
        guard let wire, wire.endCopy(error: error) else { return loseCurrent() }
        if let timeout {
          interrupt(serial, RelationalError(.deadline, "no answer in time", statement: label), after: timeout)
        }
        // A row that was refused early has its whole answer in libpq's buffer, and the socket will not say so again.
        receive()
      }
    } onCancel: {
      loop.execute { [weak self] in self?.assumeIsolated { $0.interrupt(serial, .cancelled(label)) } }
    }
  }
}
