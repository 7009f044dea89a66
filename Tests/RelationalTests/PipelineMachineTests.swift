import Testing

@testable import Relational

@Suite("What is expected from the server")
struct PipelineMachineTests {
  typealias Machine = PipelineMachine<String, Int>

  private func name(_ outcome: Machine.Outcome?) -> String {
    switch outcome {
    case .finished(let token, let kind, let payload): "\(token) \(kind) \(payload)"
    case .copyReady(let token): "copy \(token)"
    case .synchronized: "synchronized"
    case .outOfStep: "out of step"
    case nil: "-"
    }
  }

  @Test("Answers come back in the order of the questions")
  func order() {
    var machine = Machine()
    machine.sent("a")
    machine.sent("b")
    machine.sentSync()
    #expect(name(machine.received(.success, 1)) == "-")
    #expect(name(machine.ended()) == "a success 1")
    #expect(name(machine.received(.failure, 2)) == "-")
    #expect(name(machine.ended()) == "b failure 2")
    #expect(name(machine.received(.sync, 3)) == "synchronized")
    #expect(machine.isEmpty)
  }

  @Test("Of several results of a script the first failure counts, otherwise the last")
  func script() {
    var machine = Machine()
    machine.sent("good")
    machine.sent("bad")
    _ = machine.received(.success, 1)
    _ = machine.received(.success, 2)
    #expect(name(machine.ended()) == "good success 2")
    _ = machine.received(.success, 1)
    _ = machine.received(.failure, 2)
    _ = machine.received(.failure, 3)
    #expect(name(machine.ended()) == "bad failure 2")
  }

  @Test("An end without a result before it ends nothing")
  func strayEnd() {
    var machine = Machine()
    #expect(name(machine.ended()) == "-")
    machine.sent("a")
    #expect(name(machine.ended()) == "-")
    #expect(!machine.isEmpty)
  }

  @Test("An answer that nobody asked for is noticed")
  func outOfStep() {
    var machine = Machine()
    #expect(name(machine.received(.success, 1)) == "out of step")
    machine.sent("a")
    #expect(name(machine.received(.sync, 1)) == "out of step")
    machine.sentSync()
    #expect(name(machine.received(.copyIn, 1)) == "copy a")
  }

  @Test("A lost connection names every question without an answer, once")
  func abandon() {
    var machine = Machine()
    for number in 0..<3000 {
      machine.sent("\(number)")
      machine.sentSync()
    }
    for number in 0..<1500 {
      _ = machine.received(.success, number)
      #expect(name(machine.ended()) == "\(number) success \(number)")
      _ = machine.received(.sync, 0)
    }
    #expect(machine.abandon() == (1500..<3000).map { "\($0)" })
    #expect(machine.isEmpty)
    #expect(machine.abandon().isEmpty)
  }
}
