import Synchronization

/// An answer that several may try to give and one receives: the first one counts.
///
/// The call, its deadline and its cancellation race to answer; whoever comes later learns that nobody listens any more.
final class OneShot<Value: Sendable>: Sendable {
  private enum State { case open, awaited(CheckedContinuation<Value, Never>), answered(Value) }

  private let state = Mutex(State.open)

  var isAnswered: Bool {
    state.withLock { if case .answered = $0 { true } else { false } }
  }

  /// Answers; `false` when somebody else did so before.
  @discardableResult
  func answer(_ value: Value) -> Bool {
    let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
      switch state {
      case .answered: return (false, nil)
      case .open:
        state = .answered(value)
        return (true, nil)
      case .awaited(let continuation):
        state = .answered(value)
        return (true, continuation)
      }
    }
    continuation?.resume(returning: value)
    return isFirst
  }

  /// Waits for the answer. One waiter only.
  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> Value? in
        if case .answered(let value) = state { return value }
        state = .awaited(continuation)
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }
}
