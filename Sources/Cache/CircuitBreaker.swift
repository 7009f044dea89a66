/// Decides whether asking is worth while: after a few failures in a row nobody asks for a while, then one tries.
///
/// A value without a clock of its own; the caller brings the time.
struct CircuitBreaker {
  enum Admission: Equatable { case ask, probe, refuse }
  enum Change: Equatable { case opened(for: Duration), closed }

  private enum State: Equatable {
    case closed(failures: Int)
    case open(until: ContinuousClock.Instant, wait: Duration)
    case probing(wait: Duration)
  }

  /// Failures in a row that open the circuit.
  static let tolerance = 3
  static let firstWait = Duration.seconds(1)
  static let longestWait = Duration.seconds(10)

  private var state = State.closed(failures: 0)

  /// Whether a request may go out now. After `.probe` all others are refused until its result is known.
  mutating func admit(at now: ContinuousClock.Instant) -> Admission {
    switch state {
    case .closed: return .ask
    case .probing: return .refuse
    case .open(let until, let wait):
      guard now >= until else { return .refuse }
      state = .probing(wait: wait)
      return .probe
    }
  }

  /// The server answered.
  mutating func succeeded() -> Change? {
    defer { state = .closed(failures: 0) }
    if case .closed = state { return nil }
    return .closed
  }

  /// The server did not answer, or could not be reached.
  mutating func failed(at now: ContinuousClock.Instant) -> Change? {
    switch state {
    case .open: return nil
    case .closed(let failures) where failures + 1 < Self.tolerance:
      state = .closed(failures: failures + 1)
      return nil
    case .closed: return open(at: now, for: Self.firstWait)
    case .probing(let wait): return open(at: now, for: min(wait * 2, Self.longestWait))
    }
  }

  /// The probe was never sent: the next request is the probe.
  mutating func probeWithdrawn(at now: ContinuousClock.Instant) {
    if case .probing(let wait) = state { state = .open(until: now, wait: wait) }
  }

  private mutating func open(at now: ContinuousClock.Instant, for wait: Duration) -> Change {
    state = .open(until: now + wait, wait: wait)
    return .opened(for: wait)
  }
}
