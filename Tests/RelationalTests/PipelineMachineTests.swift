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

  @Test("I6: silence between any two messages changes no answer", arguments: 0..<50)
  func silences(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var machine = Machine()
    var expected: [String] = []
    var heard: [String] = []
    // A NOTICE, a changed setting or a NOTIFY wakes the reader, which then finds no result, any number of times.
    func silence() {
      for _ in 0..<Int.random(in: 0...3, using: &random) { heard += [name(machine.ended())].filter { $0 != "-" } }
    }
    let commands = (0..<40).map { number in (number, Int.random(in: 0..<4, using: &random)) }
    for (number, kind) in commands {
      if kind == 3 { machine.sentSync() } else { machine.sent("\(number)") }
    }
    for (number, kind) in commands {
      silence()
      switch kind {
      case 3:
        heard.append(name(machine.received(.sync, 0)))
        expected.append("synchronized")
      case 2:
        // Data for a COPY may be announced before the result.
        heard.append(name(machine.received(.copyIn, number)))
        expected.append("copy \(number)")
        silence()
        fallthrough
      default:
        let result: PQResult.Kind = kind == 0 ? .failure : .success
        heard += [name(machine.received(result, number))].filter { $0 != "-" }
        heard.append(name(machine.ended()))
        expected.append("\(number) \(result) \(number)")
      }
      silence()
    }
    #expect(heard == expected, "seed \(seed)")
    #expect(machine.isEmpty)
  }
}
