import Testing

@testable import Relational

@Suite("What a replica is known to have replayed")
struct ReplayBoundTests {
  private let now = ContinuousClock.now

  @Test("Only marks below the bound are covered")
  func marks() {
    var bound = ReplayBound()
    #expect(!bound.covers(nil, on: 0, at: now))
    bound.learned(100, on: 1, at: now)
    #expect(bound.covers(99, on: 1, at: now))
    #expect(!bound.covers(100, on: 1, at: now))
    #expect(bound.covers(nil, on: 1, at: now))
  }

  @Test("A bound holds for its connection only, for a second, and as long as the server is a standby")
  func limits() {
    var bound = ReplayBound()
    bound.learned(100, on: 1, at: now)
    #expect(!bound.covers(5, on: 2, at: now))
    #expect(bound.covers(5, on: 1, at: now + .seconds(1)))
    #expect(!bound.covers(5, on: 1, at: now + .milliseconds(1001)))
    bound.learned(nil, on: 1, at: now)
    #expect(!bound.covers(5, on: 1, at: now))
    bound.learned(101, on: 2, at: now)
    #expect(bound.covers(100, on: 2, at: now))
    bound.forget()
    #expect(!bound.covers(nil, on: 2, at: now))
  }
}

@Suite("Keys of advisory locks")
struct AdvisoryLockKeyTests {
  @Test("A name's key is its FNV-1a hash, the same for ever")
  func names() {
    // The published vectors of FNV-1a, 64 bits.
    #expect(AdvisoryLockKey(name: "").form == .single(Int64(bitPattern: 0xcbf2_9ce4_8422_2325)))
    #expect(AdvisoryLockKey(name: "a").form == .single(Int64(bitPattern: 0xaf63_dc4c_8601_ec8c)))
    #expect(AdvisoryLockKey(name: "foobar").form == .single(Int64(bitPattern: 0x8594_4171_f739_67e8)))
    #expect(AdvisoryLockKey(namespace: 1, number: 2) != AdvisoryLockKey(namespace: 2, number: 1))
  }
}
