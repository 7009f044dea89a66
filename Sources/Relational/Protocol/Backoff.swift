/// How long to wait before the next attempt: doubling, bounded, and spread so that clients do not return all at once.
struct Backoff {
  private(set) var failures = 0
  let first: Duration
  let longest: Duration

  init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
    self.first = first
    self.longest = longest
  }

  mutating func succeeded() { failures = 0 }

  /// Counts a failure and gives the pause after it: between half (spread 0) and all (spread 1) of the doubled time.
  mutating func failed(spread: Double) -> Duration {
    failures += 1
    let full = min(longest, first * (1 << min(failures - 1, 10)))
    return full * (0.5 + spread / 2)
  }
}
