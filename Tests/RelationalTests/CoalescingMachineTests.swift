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

  /// A machine in a box, since an expectation cannot change a value.
  private final class Box {
    var machine: Machine
    init(_ machine: Machine = Machine()) { self.machine = machine }
    func ask(_ number: Int, key: Int64) throws { machine.asked(try Caller(number, key: key)) }
    func batch(_ connections: Int) -> Machine.Batch? { machine.nextBatch(connections: connections) }
    func next(_ connections: Int) -> [Int]? { batch(connections).map { $0.callers.map(\.caller.number) } }
  }

  @Test("With nothing under way whoever has asked leaves at once")
  func atOnce() throws {
    let box = Box()
    #expect(box.next(2) == nil)
    try box.ask(1, key: 7)
    #expect(box.next(2) == [1])
    #expect(box.next(2) == nil)
    #expect(box.machine.underWay == 1)
  }

  @Test("While a batch is under way on every connection, callers gather and leave together in their order")
  func gathering() throws {
    let box = Box()
    for number in 0..<2 {
      try box.ask(number, key: Int64(number))
      #expect(box.next(2) == [number])
    }
    for number in 2..<12 {
      try box.ask(number, key: Int64(number))
      #expect(box.next(2) == nil)
    }
    box.machine.ended()
    #expect(box.next(2) == Array(2..<12))
    #expect(box.machine.waitingCount == 0)
  }

  @Test("Idle connections share a crowd; a few callers are one batch")
  func shares() throws {
    let box = Box(Machine(fairShare: 16))
    for number in 0..<100 { try box.ask(number, key: Int64(number)) }
    #expect(box.next(2) == Array(0..<50))
    #expect(box.next(2) == Array(50..<100))
    box.machine.ended()
    box.machine.ended()
    for number in 0..<31 { try box.ask(number, key: Int64(number)) }
    #expect(box.next(2) == Array(0..<31))
  }

  @Test("A batch is bounded in callers and in bytes, and a single long key still travels")
  func bounds() throws {
    let box = Box(Machine(keyLimit: 10))
    for number in 0..<25 { try box.ask(number, key: Int64(number)) }
    #expect(box.next(1) == Array(0..<10))
    box.machine.ended()
    #expect(box.next(1) == Array(10..<20))
    box.machine = Machine(byteLimit: 20)
    for number in 0..<5 { try box.ask(number, key: Int64(number)) }
    #expect(box.next(1) == [0, 1])
    box.machine = Machine(byteLimit: 1)
    try box.ask(0, key: 0)
    #expect(box.next(1) == [0])
  }

  @Test("Callers with the same key share it")
  func duplicates() throws {
    let box = Box()
    for number in 0..<9 { try box.ask(number, key: Int64(number % 3)) }
    let batch = try #require(box.batch(1))
    #expect(batch.keys.keys.count == 3)
    #expect(batch.callers.map(\.key) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
  }

  @Test("Without a connection nobody leaves")
  func noConnection() throws {
    let box = Box()
    try box.ask(1, key: 1)
    #expect(box.next(0) == nil)
    #expect(box.machine.waitingCount == 1)
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
