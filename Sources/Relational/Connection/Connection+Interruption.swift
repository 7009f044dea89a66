import Kernel

/// What happens when a task is cancelled or a deadline passes while an answer is awaited.
extension Connection {
  /// A deadline; it is withdrawn when the answer comes first.
  func interrupt(_ serial: Int, _ reason: RelationalError, after delay: Duration) {
    let timer = loop.schedule(at: .after(delay)) { [weak self] in
      self?.assumeIsolated { $0.interrupt(serial, reason) }
    }
    current?.timers.append(timer)
  }

  func interrupt(_ serial: Int, _ reason: RelationalError) {
    guard let exchange = current, exchange.serial == serial, exchange.reason == nil else { return }
    switch exchange.request.interruption {
    case .ignore where reason.code == .cancelled:
      return
    case .commit:
      // Usually the answer is a moment away, and a certain outcome is worth that moment.
      current?.reason = .outcomeUnknown(because: reason)
      giveUp(serial, after: .seconds(1))
    case .stop, .ignore:
      current?.reason = reason
      taint = reason
      askServerToStop()
      giveUp(serial, after: .seconds(2))
    }
  }

  func askServerToStop() {
    guard let cancel = wire?.cancel else { return }
    // Nobody waits for this: what counts is the server's answer on the connection itself.
    Task { await BlockingWork.cancelling.send(cancel) }
  }

  /// The last resort against a server that does not even answer a cancel request.
  func giveUp(_ serial: Int, after delay: Duration) {
    let timer = loop.schedule(at: .after(delay)) { [weak self] in
      self?.assumeIsolated { connection in
        guard connection.current?.serial == serial else { return }
        connection.askServerToStop()
        connection.lose(RelationalError(.unavailable, "the server did not answer"))
      }
    }
    current?.timers.append(timer)
  }
}
