import Kernel
import Testing

@testable import Relational

@Suite("Who gets which connection")
struct PoolMachineTests {
  private let now = ContinuousClock.now
  private var later: Deadline { Deadline(now + .seconds(5)) }
  private var soon: Deadline { Deadline(now + .seconds(1)) }

  @Test("P5: the first comer is served first")
  func order() {
    var machine = PoolMachine(.init(connections: 1))
    #expect(machine.requested(by: 1, until: later, at: now) == [.open(1)])
    #expect(machine.requested(by: 2, until: later, at: now) == [])
    #expect(machine.requested(by: 3, until: later, at: now) == [])
    #expect(machine.opened(1, at: now, spread: 0) == [.lend(1, to: 1)])
    #expect(machine.released(1, at: now) == [.lend(1, to: 2)])
    #expect(machine.released(1, at: now) == [.lend(1, to: 3)])
    #expect(machine.released(1, at: now) == [])
    #expect(machine.takeIdle(at: now) == 1)
  }

  @Test("P1: whoever waited past the deadline is told, the others wait on")
  func deadline() {
    var machine = PoolMachine(.init(connections: 1))
    _ = machine.requested(by: 1, until: later, at: now)
    _ = machine.opened(1, at: now, spread: 0)
    _ = machine.requested(by: 2, until: soon, at: now)
    _ = machine.requested(by: 3, until: later, at: now)
    #expect(machine.nextDeadline == soon)
    #expect(machine.expire(at: soon.instant) == [.fail(2, .timeout)])
    #expect(machine.nextDeadline == later)
    #expect(machine.leases(at: soon.instant).map(\.age) == [.seconds(1)])
    #expect(machine.released(1, at: now) == [.lend(1, to: 3)])
  }

  @Test("P5: more calls than may wait are refused at once")
  func waiterLimit() {
    var machine = PoolMachine(.init(connections: 1, waiters: 2))
    _ = machine.requested(by: 1, until: later, at: now)
    _ = machine.requested(by: 2, until: later, at: now)
    #expect(machine.requested(by: 3, until: later, at: now) == [.fail(3, .tooManyWaiters)])
    #expect(machine.cancelled(1) == [.fail(1, .cancelled)])
    #expect(machine.requested(by: 4, until: later, at: now) == [])
    #expect(machine.opened(1, at: now, spread: 0) == [.lend(1, to: 2)])
    #expect(machine.released(1, at: now) == [.lend(1, to: 4)])
  }

  @Test("A waiter of little patience leaves when others keep everything, but waits for a connection on its way")
  func patience() {
    var machine = PoolMachine(.init(connections: 1))
    _ = machine.requested(by: 1, until: later, at: now)
    #expect(machine.gaveUp(1) == [])
    #expect(machine.opened(1, at: now, spread: 0) == [.lend(1, to: 1)])
    _ = machine.requested(by: 2, until: later, at: now)
    #expect(machine.gaveUp(2) == [.fail(2, .timeout)])
  }

  @Test("P7: while the server refuses, one attempt at a time is made, and after the third the waiters hear the reason")
  func refused() {
    var machine = PoolMachine(.init(connections: 4, connectFailures: 3))
    #expect(machine.requested(by: 1, until: later, at: now) == [.open(1)])
    #expect(machine.requested(by: 2, until: later, at: now) == [.open(2)])
    #expect(machine.openFailed(1, spread: 1) == [.retry(after: .milliseconds(50))])
    #expect(machine.openFailed(2, spread: 1) == [])
    #expect(machine.requested(by: 3, until: later, at: now) == [])
    #expect(machine.retryDue() == [.open(3)])
    #expect(machine.openFailed(3, spread: 1) == [.retry(after: .milliseconds(100))])
    #expect(machine.retryDue() == [.open(4)])
    let last = machine.openFailed(4, spread: 1)
    #expect(
      last == [
        .fail(1, .unavailable), .fail(2, .unavailable), .fail(3, .unavailable), .retry(after: .milliseconds(200)),
      ])
    // Refused at once from now on; the attempts go on without anybody waiting.
    #expect(machine.requested(by: 4, until: later, at: now) == [.fail(4, .unavailable)])
    #expect(machine.retryDue() == [.open(5)])
    #expect(machine.requested(by: 5, until: later, at: now) == [.fail(5, .unavailable)])
    #expect(machine.opened(5, at: now, spread: 0) == [])
    #expect(machine.requested(by: 6, until: later, at: now) == [.lend(5, to: 6)])
    #expect(machine.requested(by: 7, until: later, at: now) == [.open(6)])
  }

  @Test("P7: a server that is silent until the deadline trips the breaker alone")
  func silent() {
    var machine = PoolMachine(.init(connections: 2))
    _ = machine.requested(by: 1, until: later, at: now)
    let actions = machine.openFailed(1, silent: true, spread: 0)
    #expect(actions == [.fail(1, .unavailable), .retry(after: .milliseconds(25))])
  }

  @Test("P7: calls go on waiting for a connection in use, even when no other can be opened")
  func busyWhileRefused() {
    var machine = PoolMachine(.init(connections: 2, connectFailures: 1))
    _ = machine.requested(by: 1, until: later, at: now)
    _ = machine.opened(1, at: now, spread: 0)
    #expect(machine.requested(by: 2, until: later, at: now) == [.open(2)])
    #expect(machine.openFailed(2, spread: 1) == [.retry(after: .milliseconds(50))])
    #expect(machine.requested(by: 3, until: later, at: now) == [])
    #expect(machine.released(1, at: now) == [.lend(1, to: 2)])
    // The last one is lost: now nothing can come back.
    #expect(machine.discarded(1) == [.close(1)])
    #expect(machine.ended(1) == [.fail(3, .unavailable)])
  }

  @Test("P7: pauses double from 50 ms to 2 s, are spread by half, and end with a success")
  func breaker() {
    var breaker = ConnectBreaker(threshold: 3)
    var pauses: [Duration] = []
    for _ in 0..<8 {
      pauses.append(breaker.failed(spread: 1))
      breaker.pauseIsOver()
    }
    #expect(pauses == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
    #expect(breaker.isOpen)
    #expect(breaker.failed(spread: 0) == .seconds(1))
    #expect(breaker.isPausing)
    breaker.succeeded()
    #expect(!breaker.isOpen && !breaker.isPausing && !breaker.hasFailed)
    #expect(breaker.failed(spread: 1) == .milliseconds(50))
    #expect(!breaker.isOpen)
  }

  @Test("P4: a connection counts until its socket is closed")
  func limit() {
    var machine = PoolMachine(.init(connections: 1))
    _ = machine.requested(by: 1, until: later, at: now)
    _ = machine.opened(1, at: now, spread: 0)
    _ = machine.requested(by: 2, until: later, at: now)
    #expect(machine.discarded(1) == [.close(1)])
    #expect(machine.connectionCount == 1)
    #expect(machine.ended(1) == [.open(2)])
  }

  @Test("An old connection is replaced when it comes back or lies idle, never beyond the limit")
  func lifetime() {
    var machine = PoolMachine(.init(connections: 1, lifetime: .seconds(100)))
    _ = machine.requested(by: 1, until: later, at: now)
    _ = machine.opened(1, at: now, spread: 0)
    _ = machine.requested(by: 2, until: later, at: now)
    #expect(machine.released(1, at: now + .seconds(89)) == [.lend(1, to: 2)])
    _ = machine.requested(by: 3, until: later, at: now)
    #expect(machine.released(1, at: now + .seconds(90)) == [.close(1)])
    #expect(machine.connectionCount == 1)
    #expect(machine.ended(1) == [.open(2)])
    // Spread 1 is a tenth more than the lifetime.
    #expect(machine.opened(2, at: now, spread: 1) == [.lend(2, to: 3)])
    #expect(machine.released(2, at: now + .seconds(109)) == [])
    #expect(machine.tidy(at: now + .seconds(109)) == [])
    #expect(machine.tidy(at: now + .seconds(111)) == [.close(2)])
    #expect(machine.takeIdle(at: now) == nil)
  }

  @Test("Idle connections are closed down to the minimum, those used longest ago first")
  func idleTime() {
    var machine = PoolMachine(.init(connections: 3, idleTime: .seconds(10), idleMinimum: 1))
    for id in 1...3 { _ = machine.requested(by: id, until: later, at: now) }
    for id in 1...3 { _ = machine.opened(id, at: now, spread: 0) }
    _ = machine.released(2, at: now)
    _ = machine.released(3, at: now + .seconds(1))
    _ = machine.released(1, at: now + .seconds(2))
    #expect(machine.tidy(at: now + .seconds(9)) == [])
    #expect(machine.tidy(at: now + .seconds(10)) == [.close(2)])
    #expect(machine.tidy(at: now + .seconds(60)) == [.close(3)])
    #expect(machine.tidy(at: now + .seconds(600)) == [])
    #expect(machine.idleCount == 1)
  }

  @Test("P9: after closing nobody is served, nothing is opened and everything is closed")
  func shutDown() {
    var machine = PoolMachine(.init(connections: 3))
    for id in 1...3 { _ = machine.requested(by: id, until: later, at: now) }
    _ = machine.opened(1, at: now, spread: 0)
    _ = machine.opened(2, at: now, spread: 0)
    #expect(machine.released(2, at: now) == [.lend(2, to: 3)])
    #expect(machine.released(1, at: now) == [])
    // 1 is idle, 2 is lent, 3 is on its way.
    #expect(machine.shutDown() == [.close(1), .close(3)])
    #expect(machine.shutDown() == [])
    #expect(machine.requested(by: 4, until: later, at: now) == [.fail(4, .closed)])
    #expect(machine.opened(3, at: now, spread: 0) == [])
    #expect(machine.openFailed(3, spread: 0) == [])
    #expect(machine.retryDue() == [])
    #expect(machine.released(2, at: now) == [.close(2)])
    #expect(machine.ended(1) == [])
    #expect(machine.ended(2) == [])
    #expect(machine.connectionCount == 0)
  }

  @Test("P9: waiters are told when the pool closes")
  func shutDownWaiters() {
    var machine = PoolMachine(.init(connections: 1))
    for id in 1...3 { _ = machine.requested(by: id, until: later, at: now) }
    _ = machine.cancelled(2)
    #expect(machine.shutDown() == [.fail(1, .closed), .fail(3, .closed), .close(1)])
    #expect(machine.waiterCount == 0)
  }

  @Test("P3, P4, P5: 10 000 random interleavings leak nothing, keep to the limit and let nobody overtake")
  func interleavings() {
    for seed in 0..<10_000 as Range<UInt64> {
      let problem = PoolWorld.run(seed: seed, steps: 40)
      #expect(problem == nil, "seed \(seed)")
    }
  }

  @Test("P3: long lives leak nothing either", arguments: [1, 2, 3, 20261123] as [UInt64])
  func longLife(seed: UInt64) {
    #expect(PoolWorld.run(seed: seed, steps: 10_000) == nil, "seed \(seed)")
  }
}

/// A pool's surroundings, acting at random: connections open and fail, tasks come, are cancelled and give back, time goes.
private struct PoolWorld {
  private let limit: Int
  private var machine: PoolMachine
  private var random: SeededRandom
  private var now = ContinuousClock.now
  private var opening: Set<Int> = []
  private var closing: Set<Int> = []
  private var leased: Set<Int> = []
  private var waiting: [Int] = []
  private var retries = 0
  private var asked = 0
  private var answered = 0
  private var problem: String?

  /// What went wrong, `nil` if nothing.
  static func run(seed: UInt64, steps: Int) -> String? {
    var world = PoolWorld(seed: seed)
    for _ in 0..<steps where world.problem == nil { world.step() }
    return world.problem ?? world.settle()
  }

  private init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    limit = Int.random(in: 1...5, using: &random)
    machine = PoolMachine(
      .init(
        connections: limit, waiters: Int.random(in: 1...20, using: &random), lifetime: .seconds(60),
        idleTime: .seconds(20), idleMinimum: Int.random(in: 0...2, using: &random),
        connectFailures: Int.random(in: 1...4, using: &random)))
  }

  private mutating func carryOut(_ actions: [PoolMachine.Action]) {
    for action in actions {
      switch action {
      case .open(let id): opening.insert(id)
      case .close(let id): closing.insert(id)
      case .retry(let pause):
        retries += 1
        if pause > .seconds(2) { problem = "a pause of \(pause)" }
      case .lend(let id, let waiter):
        if waiting.first != waiter { problem = "waiter \(waiter) overtook" }
        if !leased.insert(id).inserted { problem = "connection \(id) lent twice" }
        leave(waiter)
      case .fail(let waiter, _): leave(waiter)
      }
    }
    let sockets = opening.union(closing).union(leased).count + machine.idleCount
    if max(machine.connectionCount, sockets) > limit { problem = "\(sockets) connections, \(limit) allowed" }
    if machine.leasedCount != leased.count { problem = "\(machine.leasedCount) leases counted, \(leased.count) made" }
  }

  private mutating func leave(_ waiter: Int) {
    guard waiting.contains(waiter) else { return problem = "waiter \(waiter) answered twice" }
    waiting.removeAll { $0 == waiter }
    answered += 1
  }

  private mutating func step() {
    now += .milliseconds(Int.random(in: 0...2000, using: &random))
    switch Int.random(in: 0..<12, using: &random) {
    case 0...2: ask()
    case 3: if let waiter = pick(waiting) { carryOut(machine.cancelled(waiter)) }
    case 4: if let id = pick(opening) { open(id, succeeds: Bool.random(using: &random)) }
    case 5: if let id = pick(leased) { finish(id) { $0.discarded(id) } }
    case 6: if let id = pick(closing) { end(id) }
    case 7 where retries > 0: retry()
    case 8: carryOut(machine.tidy(at: now))
    case 9: carryOut(machine.expire(at: now))
    case 10: if let waiter = pick(waiting) { carryOut(machine.gaveUp(waiter)) }
    default: if let id = pick(leased) { finish(id) { [now] in $0.released(id, at: now) } }
    }
  }

  private mutating func pick(_ ids: some Collection<Int>) -> Int? { ids.sorted().randomElement(using: &random) }

  private mutating func ask() {
    asked += 1
    waiting.append(asked)
    carryOut(machine.requested(by: asked, until: Deadline(now + .seconds(30)), at: now))
  }

  /// Everything under way comes to its end; then nobody waits and nothing is lent.
  private mutating func settle() -> String? {
    var rounds = 0
    while !(waiting.isEmpty && leased.isEmpty && opening.isEmpty && closing.isEmpty), problem == nil {
      rounds += 1
      if rounds > 10_000 { return "waiters that nobody serves" }
      while retries > 0 { retry() }
      for id in opening { open(id, succeeds: true) }
      for id in closing { end(id) }
      for id in leased { finish(id) { [now] in $0.released(id, at: now) } }
    }
    if machine.leasedCount + machine.waiterCount > 0 { return "something is left" }
    if machine.connectionCount > limit || machine.connectionCount != machine.idleCount { return "slots are left" }
    return answered == asked ? problem : "\(asked) asked, \(answered) answered"
  }

  private mutating func open(_ id: Int, succeeds: Bool) {
    opening.remove(id)
    carryOut(
      succeeds
        ? machine.opened(id, at: now, spread: .random(in: 0...1, using: &random))
        : machine.openFailed(
          id, silent: Int.random(in: 0..<4, using: &random) == 0, spread: .random(in: 0...1, using: &random)))
  }

  private mutating func finish(_ id: Int, _ event: (inout PoolMachine) -> [PoolMachine.Action]) {
    leased.remove(id)
    carryOut(event(&machine))
  }

  private mutating func end(_ id: Int) {
    closing.remove(id)
    carryOut(machine.ended(id))
  }

  private mutating func retry() {
    retries -= 1
    carryOut(machine.retryDue())
  }
}
