import Kernel
import Synchronization

/// The asynchronous queue in front of the workers: nobody waits on a thread, everybody waits at most until a deadline.
final class WorkerGate: Sendable {
  typealias Lease = GateMachine.Lease
  private typealias Turn = OneShot<Result<Lease, DocumentError>>

  private struct State {
    var machine: GateMachine
    var turns: [GateMachine.WaiterID: Turn] = [:]
    var lastWaiter: GateMachine.WaiterID = 0
  }

  private let state: Mutex<State>

  init(workers: Int) { state = Mutex(State(machine: GateMachine(workers: workers))) }

  var load: GateMachine.Load { state.withLock { $0.machine.load } }

  /// A worker, any or a certain one. Throws `.deadline`, `.cancelled` or `.closed`; nothing has been sent then.
  func acquire(_ wanted: Int?, deadline: Deadline) async throws(DocumentError) -> Lease {
    if Task.isCancelled { throw DocumentError(.cancelled, "cancelled before the call began") }
    if deadline.hasPassed { throw DocumentError(.deadline, "the deadline had passed before the call began") }
    let turn = Turn()
    let (waiter, admission) = state.withLock { state in
      state.lastWaiter += 1
      let admission = state.machine.requested(by: state.lastWaiter, wanted: wanted)
      if admission == .wait { state.turns[state.lastWaiter] = turn }
      return (state.lastWaiter, admission)
    }
    switch admission {
    case .lend(let lease): return lease
    case .closed: throw .closedStore
    case .wait: break
    }
    let result = await answer(
      of: turn, by: deadline,
      late: .failure(DocumentError(.deadline, "no worker became free before the deadline")),
      cancelled: .failure(DocumentError(.cancelled, "cancelled while waiting for a worker")))
    if case .failure = result { withdraw(waiter) }
    return try result.get()
  }

  /// The call behind a lease has returned.
  func release(_ lease: Lease) {
    var returned = lease
    while true {
      let next = state.withLock { state -> (turn: Turn?, lease: Lease)? in
        guard let next = state.machine.returned(returned) else { return nil }
        return (state.turns.removeValue(forKey: next.waiter), next.lease)
      }
      guard let next else { return }
      // A waiter that gave up in this very moment does not take the worker: it goes to the one behind.
      if next.turn?.answer(.success(next.lease)) == true { return }
      returned = next.lease
    }
  }

  /// The caller of a lease has left; the worker comes back with `release`.
  func abandon(_ lease: Lease) { state.withLock { $0.machine.abandoned(lease) } }

  /// Sends all waiters away and admits none.
  func close() {
    let turns = state.withLock { state in
      let turns = state.machine.closed().compactMap { state.turns[$0] }
      state.turns = [:]
      return turns
    }
    for turn in turns { turn.answer(.failure(.closedStore)) }
  }

  private func withdraw(_ waiter: GateMachine.WaiterID) {
    state.withLock { state in
      state.machine.withdrew(waiter)
      state.turns[waiter] = nil
    }
  }
}

/// Waits for an answer, but not beyond a deadline or the task's cancellation.
func answer<Value: Sendable>(
  of question: OneShot<Value>, by deadline: Deadline, late: Value, cancelled: Value
) async -> Value {
  let alarm = Task {
    // Cancelled as soon as the answer is there; then nobody listens to it.
    try? await Task.sleep(until: deadline.instant, clock: .continuous)
    question.answer(late)
  }
  defer { alarm.cancel() }
  return await withTaskCancellationHandler {
    await question.value()
  } onCancel: {
    question.answer(cancelled)
  }
}
