/// Whether to try to connect, after attempts that failed.
///
/// A failure is followed by a pause that doubles and is spread. When several attempts in a row have failed the breaker is
/// open: whoever has no connection is refused at once, with the last reason, instead of waiting for nothing. One attempt
/// at a time goes on after each pause, asked for or not, so that the first one that succeeds ends the outage.
struct ConnectBreaker {
  private var backoff = Backoff()
  private let threshold: Int
  /// Whether the pause after a failure is not over: nobody tries.
  private(set) var isPausing = false
  /// Whether calls without a connection are refused at once.
  private(set) var isOpen = false

  /// Open after so many failures in a row.
  init(threshold: Int) { self.threshold = max(1, threshold) }

  /// Whether the last attempt failed.
  var hasFailed: Bool { backoff.failures > 0 }

  mutating func succeeded() {
    backoff.succeeded()
    isOpen = false
    isPausing = false
  }

  /// Begins a pause and tells its length; `spread` (0...1) keeps clients from returning all at once.
  ///
  /// An attempt that ran into its time limit (`silent`) took as long as a call may wait, and opens the breaker alone.
  mutating func failed(silent: Bool = false, spread: Double) -> Duration {
    let pause = backoff.failed(spread: spread)
    isPausing = true
    isOpen = isOpen || silent || backoff.failures >= threshold
    return pause
  }

  mutating func pauseIsOver() { isPausing = false }
}
