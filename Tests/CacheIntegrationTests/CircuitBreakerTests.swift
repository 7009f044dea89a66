import Testing

@testable import Cache

@Suite("The circuit breaker")
struct CircuitBreakerTests {
  private let start = ContinuousClock.now

  @Test("Three failures in a row open it; a success between them does not")
  func opening() {
    var breaker = CircuitBreaker()
    for _ in 0..<10 {
      #expect(breaker.failed(at: start) == nil)
      #expect(breaker.failed(at: start) == nil)
      #expect(breaker.succeeded() == nil)
    }
    #expect(breaker.admit(at: start) == .ask)
    for _ in 0..<2 { #expect(breaker.failed(at: start) == nil) }
    #expect(breaker.failed(at: start) == .opened(for: .seconds(1)))
    #expect(breaker.admit(at: start + .milliseconds(999)) == .refuse)
  }

  @Test("After the pause one request tries; the pause doubles up to ten seconds and ends with a success")
  func probing() {
    var breaker = CircuitBreaker()
    var now = start
    for _ in 0..<3 { _ = breaker.failed(at: now) }
    var pauses: [Duration] = []
    var wait = Duration.seconds(1)
    for _ in 0..<6 {
      now = now + wait
      #expect(breaker.admit(at: now) == .probe)
      #expect(breaker.admit(at: now) == .refuse)
      if case .opened(let next)? = breaker.failed(at: now) { wait = next }
      pauses.append(wait)
    }
    #expect(pauses == [2, 4, 8, 10, 10, 10].map { Duration.seconds($0) })
    now = now + wait
    #expect(breaker.admit(at: now) == .probe)
    #expect(breaker.succeeded() == .closed)
    #expect(breaker.admit(at: now) == .ask)
  }

  @Test("A probe that was never sent leaves the next request to be the probe")
  func withdrawn() {
    var breaker = CircuitBreaker()
    for _ in 0..<3 { _ = breaker.failed(at: start) }
    let later = start + .seconds(1)
    #expect(breaker.admit(at: later) == .probe)
    breaker.probeWithdrawn(at: later)
    #expect(breaker.admit(at: later) == .probe)
  }
}
