import Kernel
import Testing

@testable import Relational

@Suite("Who gets which connection")
struct PoolMachineTests {
  private let later = Deadline.after(.seconds(5))

  @Test("The first comer is served first")
  func order() {
    var machine = PoolMachine(limit: 1)
    #expect(machine.requested(by: 1, until: later) == [.open(1)])
    #expect(machine.requested(by: 2, until: later) == [])
    #expect(machine.requested(by: 3, until: later) == [])
    #expect(machine.opened(1) == [.lend(1, to: 1)])
    #expect(machine.released(1) == [.lend(1, to: 2)])
    #expect(machine.released(1) == [.lend(1, to: 3)])
    #expect(machine.released(1) == [])
    #expect(machine.takeIdle() == 1)
  }

  @Test("Whoever waited past the deadline is told, the others wait on")
  func deadline() {
    var machine = PoolMachine(limit: 1)
    let soon = Deadline.after(.seconds(1))
    _ = machine.requested(by: 1, until: later)
    _ = machine.opened(1)
    _ = machine.requested(by: 2, until: soon)
    _ = machine.requested(by: 3, until: later)
    #expect(machine.nextDeadline == soon)
    #expect(machine.expire(at: soon.instant) == [.fail(2, .timeout)])
    #expect(machine.nextDeadline == later)
    #expect(machine.released(1) == [.lend(1, to: 3)])
  }

  @Test("While the server refuses, one attempt at a time is made, and waiters hear the reason")
  func refused() {
    var machine = PoolMachine(limit: 4)
    let soon = Deadline.after(.seconds(1))
    #expect(machine.requested(by: 1, until: soon) == [.open(1)])
    #expect(machine.requested(by: 2, until: soon) == [.open(2)])
    let actions = machine.openFailed(1, spread: 1)
    #expect(actions == [.retry(after: .milliseconds(50))])
    #expect(machine.openFailed(2, spread: 1) == [])
    #expect(machine.requested(by: 3, until: soon) == [])
    #expect(machine.retryDue() == [.open(3)])
    #expect(
      machine.expire(at: soon.instant) == [.fail(1, .unavailable), .fail(2, .unavailable), .fail(3, .unavailable)])
    #expect(machine.opened(3) == [])
    #expect(machine.takeIdle() == 3)
  }

  @Test("A connection counts until its socket is closed")
  func limit() {
    var machine = PoolMachine(limit: 1)
    _ = machine.requested(by: 1, until: later)
    _ = machine.opened(1)
    _ = machine.requested(by: 2, until: later)
    #expect(machine.discarded(1) == [.close(1)])
    #expect(machine.connectionCount == 1)
    #expect(machine.ended(1) == [.open(2)])
  }

  @Test("After closing nobody is served and everything is closed")
  func shutDown() {
    var machine = PoolMachine(limit: 2)
    _ = machine.requested(by: 1, until: later)
    _ = machine.opened(1)
    _ = machine.requested(by: 2, until: later)
    _ = machine.opened(2)
    #expect(machine.released(2) == [])
    #expect(Set(machine.shutDown().map { "\($0)" }) == ["close(2)"])
    #expect(machine.requested(by: 3, until: later) == [.fail(3, .closed)])
    #expect(machine.released(1) == [.close(1)])
    _ = machine.ended(1)
    _ = machine.ended(2)
    #expect(machine.connectionCount == 0)
  }

  @Test("10 000 random steps leak no connection and no waiter", arguments: [1, 2, 3, 20261123] as [UInt64])
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var world = PoolWorld(limit: Int.random(in: 1...5, using: &random))
    for _ in 0..<10_000 { world.step(using: &random) }
    world.settle(using: &random)
    #expect(world.machine.leasedCount == 0, "seed \(seed)")
    #expect(world.machine.waiterCount == 0, "seed \(seed)")
    #expect(world.highest <= world.limit, "seed \(seed)")
    #expect(world.answered == world.asked, "seed \(seed)")
    #expect(world.overtaken == 0, "seed \(seed)")
  }
}

/// A pool's surroundings, acting at random: connections open and fail, tasks come, are cancelled and give back.
private struct PoolWorld {
  let limit: Int
  var machine: PoolMachine
  var opening: Set<Int> = []
  var closing: Set<Int> = []
  var leased: Set<Int> = []
  var waiting: [Int] = []
  var isRetryDue = false
  var asked = 0
  var answered = 0
  var overtaken = 0
  var highest = 0
  private let later = Deadline.after(.seconds(3600))

  init(limit: Int) {
    self.limit = limit
    machine = PoolMachine(limit: limit)
  }

  mutating func carryOut(_ actions: [PoolMachine.Action]) {
    for action in actions {
      switch action {
      case .open(let id): opening.insert(id)
      case .close(let id): closing.insert(id)
      case .retry: isRetryDue = true
      case .lend(let id, let waiter):
        if waiting.first != waiter { overtaken += 1 }
        waiting.removeAll { $0 == waiter }
        leased.insert(id)
        answered += 1
      case .fail(let waiter, _):
        waiting.removeAll { $0 == waiter }
        answered += 1
      }
    }
    highest = max(highest, machine.connectionCount, opening.count + closing.count + leased.count)
  }

  mutating func step(using random: inout SeededRandom) {
    switch Int.random(in: 0..<9, using: &random) {
    case 0...2:
      asked += 1
      waiting.append(asked)
      carryOut(machine.requested(by: asked, until: later))
    case 3: if let waiter = waiting.randomElement(using: &random) { carryOut(machine.cancelled(waiter)) }
    case 4:
      if let id = opening.randomElement(using: &random) { open(id, succeeds: Bool.random(using: &random), &random) }
    case 5: if let id = leased.randomElement(using: &random) { finish(id) { $0.discarded(id) } }
    case 6: if let id = closing.randomElement(using: &random) { end(id) }
    case 7 where isRetryDue: retry()
    default: if let id = leased.randomElement(using: &random) { finish(id) { $0.released(id) } }
    }
  }

  /// Everything under way comes to its end.
  mutating func settle(using random: inout SeededRandom) {
    while !(waiting.isEmpty && leased.isEmpty && opening.isEmpty && closing.isEmpty) {
      if isRetryDue { retry() }
      for id in opening { open(id, succeeds: true, &random) }
      for id in closing { end(id) }
      for id in leased { finish(id) { $0.released(id) } }
    }
  }

  private mutating func open(_ id: Int, succeeds: Bool, _ random: inout SeededRandom) {
    opening.remove(id)
    carryOut(succeeds ? machine.opened(id) : machine.openFailed(id, spread: .random(in: 0...1, using: &random)))
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
    isRetryDue = false
    carryOut(machine.retryDue())
  }
}
