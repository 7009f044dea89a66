import Testing

@testable import Relational

@Suite("An interrupted request and its connection")
struct InterruptionMachineTests {
  typealias Machine = InterruptionMachine
  typealias Action = InterruptionMachine.Action

  @Test("A cancelled caller is told at once; the connection waits for answer, cancel call and barrier, in this order")
  func cancelled() {
    var machine = Machine(.stop)
    #expect(
      machine.interrupted(by: .cancelled) == [.tell(.unanswered(.cancelled)), .askServerToStop, .wait(.seconds(2))])
    #expect(machine.answered(stopped: true) == [])
    #expect(machine.cancelReturned() == [.sendBarrier])
    #expect(machine.barrierAnswered(stopped: false) == [.reuse])
    #expect(machine.patienceOver() == [])
  }

  @Test("A barrier that the late request hits is sent again")
  func hitBarrier() {
    var machine = Machine(.stop)
    _ = machine.interrupted(by: .cancelled)
    #expect(machine.cancelReturned() == [])
    #expect(machine.answered(stopped: false) == [.sendBarrier])
    #expect(machine.barrierAnswered(stopped: true) == [.sendBarrier])
    #expect(machine.barrierAnswered(stopped: false) == [.reuse])
  }

  @Test("Past its deadline a caller learns what the server did; cancelled meanwhile it does not wait")
  func deadline() {
    var machine = Machine(.stop)
    #expect(machine.interrupted(by: .deadline) == [.askServerToStop, .wait(.seconds(2))])
    var stopped = machine
    #expect(stopped.answered(stopped: true) == [.tell(.stopped(.deadline))])
    var done = machine
    #expect(done.answered(stopped: false) == [.tell(.answer)])
    var silent = machine
    #expect(silent.patienceOver() == [.tell(.unanswered(.deadline)), .close])
    #expect(machine.interrupted(by: .cancelled) == [.tell(.unanswered(.cancelled))])
    #expect(machine.answered(stopped: true) == [])
  }

  @Test("C3: COMMIT is given a second and never stopped before; then its outcome is unknown")
  func commit() {
    var machine = Machine(.commit)
    #expect(machine.interrupted(by: .cancelled) == [.wait(.seconds(1))])
    var answered = machine
    #expect(answered.answered(stopped: false) == [.tell(.answer), .reuse])
    var lost = machine
    #expect(lost.lost() == [.tell(.outcomeUnknown(.cancelled))])
    #expect(machine.patienceOver() == [.tell(.outcomeUnknown(.cancelled)), .askServerToStop, .wait(.seconds(1))])
    var late = machine
    #expect(late.cancelReturned() == [])
    #expect(late.answered(stopped: true) == [.sendBarrier])
    #expect(late.barrierAnswered(stopped: false) == [.reuse])
    #expect(machine.patienceOver() == [.close])
  }

  @Test("A batch with its COMMIT is stopped, and the answer says whether it was committed before")
  func batch() {
    var machine = Machine(.batch)
    #expect(machine.interrupted(by: .cancelled) == [.askServerToStop, .wait(.seconds(2))])
    #expect(machine.interrupted(by: .cancelled) == [])
    var stopped = machine
    #expect(stopped.answered(stopped: true) == [.tell(.stopped(.cancelled))])
    var done = machine
    #expect(done.answered(stopped: false) == [.tell(.answer)])
    #expect(machine.patienceOver() == [.tell(.outcomeUnknown(.cancelled)), .close])
  }

  @Test("What must be finished is not cancelled")
  func mustFinish() {
    var machine = Machine(.mustFinish)
    #expect(machine.interrupted(by: .cancelled) == [])
    #expect(machine.interrupted(by: .deadline) == [.askServerToStop, .wait(.seconds(2))])
    #expect(machine.answered(stopped: false) == [.tell(.answer)])
  }

  // MARK: Every order

  private enum Event: CaseIterable {
    case cancel, deadline, answered, stopped, cancelReturned, barrierAnswered, barrierStopped, patienceOver, lost
  }

  /// What the world outside knows, to see which events can happen and which actions are allowed.
  private struct World {
    var machine: Machine
    var isInterrupted = false
    var isAnswered = false
    var asked = 0
    var returned = 0
    var barrier = false
    var told = 0
    var patience = 0
    var isOver = false
    var wasUnknown = false

    func allows(_ event: Event) -> Bool {
      if isOver { return true }
      return switch event {
      case .cancel, .deadline: !isAnswered
      case .answered: isInterrupted && !isAnswered
      case .stopped: asked > 0 && !isAnswered
      case .cancelReturned: returned < asked
      case .barrierAnswered, .barrierStopped: barrier
      case .patienceOver, .lost: isInterrupted
      }
    }

    mutating func happen(_ event: Event) -> [Action] {
      switch event {
      case .cancel: return machine.interrupted(by: .cancelled)
      case .deadline: return machine.interrupted(by: .deadline)
      case .answered, .stopped:
        isAnswered = true
        return machine.answered(stopped: event == .stopped)
      case .cancelReturned:
        returned += 1
        return machine.cancelReturned()
      case .barrierAnswered, .barrierStopped:
        barrier = false
        return machine.barrierAnswered(stopped: event == .barrierStopped)
      case .patienceOver: return machine.patienceOver()
      case .lost: return machine.lost()
      }
    }

    /// Notes an action; a sentence when it is wrong.
    mutating func note(_ action: Action) -> String? {
      if isOver, action != .close { return "an action after the end" }
      switch action {
      case .tell(let verdict):
        told += 1
        if told > 1 { return "told twice" }
        if case .outcomeUnknown = verdict { wasUnknown = true }
        if case .answer = verdict, !isAnswered { return "an answer that there is not" }
        if case .stopped = verdict, !isAnswered { return "a confirmation that there is not" }
      case .askServerToStop: asked += 1
      case .wait: isInterrupted = true
      case .sendBarrier:
        if !isAnswered || returned < asked || barrier { return "the barrier too early" }
        barrier = true
      case .reuse:
        if !isAnswered || returned < asked || barrier { return "used again too early" }
        isOver = true
      case .close: isOver = true
      }
      return nil
    }
  }

  @Test("C1: in every order of events the caller is told once, and the connection used again only behind a barrier")
  func everyOrder() {
    var visited = 0
    for manner in [Machine.Manner.stop, .commit, .batch, .mustFinish] {
      var open = [World(machine: Machine(manner))]
      for _ in 0..<8 {
        var next: [World] = []
        for world in open {
          for event in Event.allCases where world.allows(event) && !world.isOver {
            var after = world
            let actions = after.happen(event)
            for action in actions {
              let wrong = after.note(action)
              #expect(wrong == nil, "\(manner) \(event)")
            }
            if event == .lost, after.isInterrupted {
              #expect(after.told == 1)
              after.isOver = true
            }
            if event == .patienceOver {
              after.patience += 1
              #expect(after.isOver || (manner == .commit && after.patience == 1), "\(manner) does not end")
              #expect(after.asked > 0, "\(manner) leaves the server busy")
            }
            // Whoever is answered, or given up, has told its caller.
            if after.isInterrupted, after.isAnswered || after.isOver { #expect(after.told == 1, "\(manner) \(event)") }
            if after.wasUnknown { #expect(manner == .commit || manner == .batch) }
            visited += 1
            next.append(after)
          }
        }
        open = next
      }
    }
    #expect(visited > 1000)
  }
}
