import Kernel
import Synchronization

/// What happens when a task is cancelled or a deadline passes; `InterruptionMachine` decides, this carries out.
extension Connection {
  /// A task was cancelled: what it waits for is withdrawn, or interrupted when it is under way.
  func cancelled(_ serial: Int) {
    if let index = waiting.firstIndex(where: { $0.serial == serial }) {
      guard waiting[index].request.interruption != .mustFinish, waiting[index].prefix?.isEmpty ?? true else { return }
      let one = waiting.remove(at: index)
      return one.caller.resume(returning: .unsent(.cancelled(one.request.label)))
    }
    interrupt(serial, by: .cancelled)
  }

  func interrupt(_ serial: Int, by cause: InterruptionMachine.Cause) {
    guard let exchange = current, exchange.serial == serial else { return }
    if interruption == nil {
      if exchange.request.interruption == .mustFinish, cause == .cancelled { return }
      interruption = InterruptionMachine(exchange.request.interruption)
    }
    atomicCondition.store(.occupied, ordering: .releasing)
    // Rows that are still to come are dropped, and no more are sent.
    abortCopy()
    act { $0.interrupted(by: cause) }
  }

  /// Lets the machine decide and does what it says.
  func act(_ decide: (inout InterruptionMachine) -> [InterruptionMachine.Action]) {
    guard var machine = interruption else { return }
    let actions = decide(&machine)
    interruption = machine
    for action in actions { carryOut(action) }
  }

  private func carryOut(_ action: InterruptionMachine.Action) {
    switch action {
    case .tell(let verdict): tell(verdict)
    case .askServerToStop: askServerToStop()
    case .wait(let limit):
      patience = loop.schedule(at: .after(limit)) { [weak self] in
        self?.assumeIsolated { connection in connection.act { $0.patienceOver() } }
      }
    case .sendBarrier:
      var barrier = Exchange(serial: 0, request: Request(body: .command("")))
      barrier.phase = .barrier
      current = barrier
      guard wire?.command("", .step(0)) ?? false, wire?.sync() ?? false else {
        return lose(RelationalError(.unavailable, "the connection was lost"))
      }
    case .reuse:
      interruption = nil
      if let patience { loop.unschedule(patience) }
      patience = nil
      if case .asked? = current?.phase { current = nil }
      publishCondition()
      moveOn()
    case .close:
      lose(RelationalError(.unavailable, "the server did not answer"))
    }
  }

  /// Tells the caller; the exchange may go on without it.
  private func tell(_ verdict: InterruptionMachine.Verdict) {
    guard let exchange = current else { return }
    current?.caller = nil
    current?.deadline = nil
    deliver(exchange, exchange.answer(for: verdict, warned: exchange.noticesBefore != wire?.noticeCount))
  }

  /// Asks on a thread that may block, and hears when that is over: until then the request may still arrive.
  private func askServerToStop() {
    counters.note { $0.cancelRequests += 1 }
    guard let cancel = wire?.cancel else { return }
    Task { [weak self] in
      await BlockingWork.send(cancel)
      await self?.cancelReturned()
    }
  }

  private func cancelReturned() { act { $0.cancelReturned() } }

  /// Waits until nothing is under way any more; a COPY that nobody reads on is stopped.
  func settle() async {
    if let open = current, open.request.isCopy { interrupt(open.serial, by: .cancelled) }
    guard condition == .occupied else { return }
    await withCheckedContinuation { settling.append($0) }
  }
}

extension Connection.Exchange {
  /// What the caller of an interrupted request is told.
  fileprivate func answer(for verdict: InterruptionMachine.Verdict, warned: Bool) -> Answer {
    var answer = self.answer
    switch verdict {
    case .answer:
      // PostgreSQL warns when it was stopped waiting for a standby: committed here, perhaps not there.
      if answer.failure == nil, request.interruption == .batch, warned {
        answer.failure = .outcomeUnknown(because: failure(.cancelled))
      }
    case .stopped(let cause):
      answer.failure = failure(cause)
    case .unanswered(let cause):
      answer.failure = failure(cause)
      answer.failure?.mayHaveTakenEffect = request.isDecisive
      answer.isPremature = true
    case .outcomeUnknown(let cause):
      answer.failure = .outcomeUnknown(because: failure(cause))
      answer.failure?.statement = request.label
    }
    return answer
  }

  private func failure(_ cause: InterruptionMachine.Cause) -> RelationalError {
    switch cause {
    case .cancelled: .cancelled(request.label)
    case .deadline: RelationalError(.deadline, "no answer in time", statement: request.label)
    }
  }
}
