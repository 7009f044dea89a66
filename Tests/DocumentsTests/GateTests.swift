import Kernel
import Testing

@testable import Documents

@Suite("The gate in front of the workers")
struct GateTests {
  /// What is lent to whom, kept beside the machine as a check on it.
  private struct Model {
    var machine = GateMachine(workers: 3)
    var held: [GateMachine.Lease] = []
    var waiting: [(id: GateMachine.WaiterID, wanted: Int?)] = []

    mutating func take(_ lease: GateMachine.Lease) {
      #expect(!held.contains { $0.worker == lease.worker }, "a worker was lent twice")
      held.append(lease)
    }
  }

  @Test(
    "Twenty thousand random requests, returns, withdrawals and abandonments never lend a worker twice and leak none")
  func random() {
    var random = SeededGenerator(seed: 11)
    var model = Model()
    var nextID: GateMachine.WaiterID = 0
    for _ in 0..<20_000 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        nextID += 1
        let wanted = Bool.random(using: &random) ? Int.random(in: 0..<3, using: &random) : nil
        switch model.machine.requested(by: nextID, wanted: wanted) {
        case .lend(let lease):
          #expect(wanted == nil || wanted == lease.worker)
          model.take(lease)
        case .wait: model.waiting.append((nextID, wanted))
        case .closed: Issue.record("closed although open")
        }
      case 2:
        guard let index = model.waiting.indices.randomElement(using: &random) else { continue }
        model.machine.withdrew(model.waiting.remove(at: index).id)
      case 3:
        if let lease = model.held.randomElement(using: &random) { model.machine.abandoned(lease) }
      default:
        guard let index = model.held.indices.randomElement(using: &random) else { continue }
        let lease = model.held.remove(at: index)
        let next = model.machine.returned(lease)
        // The first in the queue that may have this worker gets it.
        let expected = model.waiting.first { $0.wanted == nil || $0.wanted == lease.worker }
        #expect(next?.waiter == expected?.id)
        if let next {
          model.waiting.removeAll { $0.id == next.waiter }
          model.take(next.lease)
        }
        #expect(model.machine.returned(lease) == nil, "a lease was returned twice")
      }
      let load = model.machine.load
      #expect(load.idle + load.busy + load.quarantined == 3)
      #expect(load.busy + load.quarantined == model.held.count)
      #expect(load.waiting == model.waiting.count)
    }
    for waiter in model.waiting { model.machine.withdrew(waiter.id) }
    for lease in model.held { #expect(model.machine.returned(lease) == nil) }
    #expect(model.machine.load == GateMachine.Load(idle: 3))
  }

  @Test("An abandoned worker is set aside until its call returns, and an old lease cannot set aside a new one")
  func quarantine() throws {
    var machine = GateMachine(workers: 1)
    guard case .lend(let first) = machine.requested(by: 1) else { throw Unexpected() }
    machine.abandoned(first)
    #expect(machine.load.quarantined == 1)
    #expect(machine.requested(by: 2) == .wait)
    let next = machine.returned(first)
    #expect(next?.waiter == 2)
    machine.abandoned(first)
    #expect(machine.load.quarantined == 0)
  }

  @Test("Closing sends the waiting away and admits nobody")
  func closing() throws {
    var machine = GateMachine(workers: 1)
    guard case .lend(let lease) = machine.requested(by: 1) else { throw Unexpected() }
    #expect(machine.requested(by: 2) == .wait)
    #expect(machine.requested(by: 3) == .wait)
    #expect(machine.closed() == [2, 3])
    #expect(machine.requested(by: 4) == .closed)
    #expect(machine.returned(lease) == nil)
    #expect(machine.load == GateMachine.Load(idle: 1))
  }

  @Test("A waiter leaves at its deadline, and the worker goes to the one behind")
  func deadlines() async throws {
    let gate = WorkerGate(workers: 1)
    let lease = try await gate.acquire(nil, deadline: .after(.seconds(10)))
    let began = ContinuousClock.now
    let error = await #expect(throws: DocumentError.self) {
      try await gate.acquire(nil, deadline: .after(.milliseconds(30)))
    }
    #expect(error?.code == .deadline)
    #expect(error?.mayHaveHappened == false)
    #expect(began.duration(to: .now) < .seconds(9))
    async let second = gate.acquire(nil, deadline: .after(.seconds(10)))
    while gate.load.waiting == 0 { await Task.yield() }
    gate.release(lease)
    gate.release(try await second)
    #expect(gate.load == GateMachine.Load(idle: 1))
  }

  @Test("A storm of cancelled waiters leaks no worker")
  func storm() async throws {
    let gate = WorkerGate(workers: 2)
    await withTaskGroup { group in
      for number in 0..<2000 {
        group.addTask {
          let task = Task {
            let lease = try await gate.acquire(nil, deadline: .after(.milliseconds(number % 7)))
            await Task.yield()
            gate.release(lease)
          }
          if number.isMultiple(of: 3) { task.cancel() }
          _ = await task.result
        }
      }
    }
    #expect(gate.load == GateMachine.Load(idle: 2))
  }

  private struct Unexpected: Error {}
}
