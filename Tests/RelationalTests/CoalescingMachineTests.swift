import Testing

@testable import Relational

@Suite("Which look-ups travel together")
struct CoalescingMachineTests {
  private final class Caller: LookupCaller {
    let number: Int
    let key: LookupKey
    var hasLeft = false
    init(_ number: Int, key: Int64) throws {
      self.number = number
      self.key = try LookupKey(encoding: key)
    }
  }
  private typealias Machine = CoalescingMachine<Caller>

  private func numbers(_ batch: Machine.Batch?) -> [Int]? { batch.map { $0.callers.map(\.caller.number) } }

  @Test("With nothing under way whoever has asked leaves at once")
  func atOnce() throws {
    var machine = Machine()
    #expect(machine.nextBatch(connections: 2) == nil)
    machine.asked(try Caller(1, key: 7))
    #expect(numbers(machine.nextBatch(connections: 2)) == [1])
    #expect(machine.nextBatch(connections: 2) == nil)
    #expect(machine.underWay == 1)
  }

  @Test("While a batch is under way on every connection, callers gather and leave together in their order")
  func gathering() throws {
    var machine = Machine()
    for number in 0..<2 {
      machine.asked(try Caller(number, key: Int64(number)))
      #expect(numbers(machine.nextBatch(connections: 2)) == [number])
    }
    for number in 2..<12 {
      machine.asked(try Caller(number, key: Int64(number)))
      #expect(machine.nextBatch(connections: 2) == nil)
    }
    machine.ended()
    #expect(numbers(machine.nextBatch(connections: 2)) == Array(2..<12))
    #expect(machine.waitingCount == 0)
  }

  @Test("Idle connections share a crowd; a few callers are one batch")
  func shares() throws {
    var machine = Machine(fairShare: 16)
    for number in 0..<100 { machine.asked(try Caller(number, key: Int64(number))) }
    #expect(numbers(machine.nextBatch(connections: 2)) == Array(0..<50))
    #expect(numbers(machine.nextBatch(connections: 2)) == Array(50..<100))
    machine.ended()
    machine.ended()
    for number in 0..<31 { machine.asked(try Caller(number, key: Int64(number))) }
    #expect(numbers(machine.nextBatch(connections: 2)) == Array(0..<31))
  }

  @Test("A batch is bounded in callers and in bytes, and a single long key still travels")
  func bounds() throws {
    var machine = Machine(keyLimit: 10)
    for number in 0..<25 { machine.asked(try Caller(number, key: Int64(number))) }
    #expect(numbers(machine.nextBatch(connections: 1)) == Array(0..<10))
    machine.ended()
    #expect(numbers(machine.nextBatch(connections: 1)) == Array(10..<20))
    machine = Machine(byteLimit: 20)
    for number in 0..<5 { machine.asked(try Caller(number, key: Int64(number))) }
    #expect(numbers(machine.nextBatch(connections: 1)) == [0, 1])
    machine = Machine(byteLimit: 1)
    machine.asked(try Caller(0, key: 0))
    #expect(numbers(machine.nextBatch(connections: 1)) == [0])
  }

  @Test("Callers with the same key share it")
  func duplicates() throws {
    var machine = Machine()
    for number in 0..<9 { machine.asked(try Caller(number, key: Int64(number % 3))) }
    let batch = try #require(machine.nextBatch(connections: 1))
    #expect(batch.keys.keys.count == 3)
    #expect(batch.callers.map(\.key) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
  }

  @Test("Without a connection nobody leaves")
  func noConnection() throws {
    var machine = Machine()
    machine.asked(try Caller(1, key: 1))
    #expect(machine.nextBatch(connections: 0) == nil)
    #expect(machine.waitingCount == 1)
  }

  @Test("Random orders of asking, leaving and answering: everybody who stays is sent once, in order", arguments: 1...40)
  func interleavings(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var machine = Machine(keyLimit: 7, fairShare: 2)
    var all: [Caller] = []
    var sent: [Int] = []
    var underWay = 0
    for _ in 0..<3000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let caller = try Caller(all.count, key: Int64.random(in: 0..<20, using: &random))
        all.append(caller)
        machine.asked(caller)
      case 5: all.randomElement(using: &random)?.hasLeft = true
      case 6 where underWay > 0:
        underWay -= 1
        machine.ended()
      case 7: machine.dropLeft()
      default:
        guard let batch = machine.nextBatch(connections: 2) else { break }
        underWay += 1
        #expect(underWay <= 2)
        #expect((1...7).contains(batch.callers.count))
        #expect(Set(batch.keys.keys).count == batch.keys.keys.count)
        for (caller, key) in batch.callers {
          #expect(!caller.hasLeft)
          #expect(batch.keys.keys[Int(key)] == caller.key)
          sent.append(caller.number)
        }
      }
      #expect(machine.underWay == underWay)
    }
    for _ in 0..<underWay { machine.ended() }
    while let batch = machine.nextBatch(connections: 1) {
      sent += batch.callers.map(\.caller.number)
      machine.ended()
    }
    #expect(machine.isIdle)
    #expect(sent == sent.sorted())
    #expect(Set(sent).count == sent.count)
    let missing = Set(0..<all.count).subtracting(sent)
    #expect(missing.allSatisfy { all[$0].hasLeft })
  }
}
