import Foundation
import Testing

@testable import Relational

@Suite("Keys and the rows that belong to them")
struct LookupKeyTests {
  private func key(_ bytes: [UInt8]) -> LookupKey { bytes.withUnsafeBytes { LookupKey($0) } }

  @Test("A key writes the bytes it was made of, whatever their number")
  func bytes() {
    for count in [0, 1, 2, 4, 7, 8, 9, 15, 16, 17, 100] {
      let bytes = (0..<count).map { UInt8($0 + 1) }
      var written: [UInt8] = []
      key(bytes).write(into: &written)
      #expect(written == [0, 0, 0, UInt8(count)] + bytes)
      #expect(key(bytes) == key(bytes))
    }
  }

  @Test("Keys that differ in length or in one byte are different, zeros at the end included")
  func difference() {
    #expect(key([1]) != key([1, 0]))
    #expect(key([]) != key([0]))
    for count in [8, 16, 17, 40] {
      var other = [UInt8](repeating: 5, count: count)
      other[count - 1] = 6
      #expect(key([UInt8](repeating: 5, count: count)) != key(other))
    }
  }

  @Test("The short way of integers gives the same bytes as the writer")
  func integers() throws {
    for number in [0, 1, -1, Int64.min, Int64.max, 4_294_967_296] {
      var writer = SQLWriter()
      number.encode(into: &writer)
      #expect(try LookupKey(encoding: number) == key(writer.bytes))
      #expect(try LookupKey(encoding: Int(number)) == key(writer.bytes))
    }
    #expect(try LookupKey(encoding: Int32(-2)) == key([255, 255, 255, 254]))
    #expect(try LookupKey(encoding: Int16(258)) == key([1, 2]))
    #expect(throws: EncodingFailure.self) { try LookupKey(encoding: "a\0b") }
  }

  @Test("Every key finds its row; none, several and a stranger are told apart")
  func rows() throws {
    var keys = KeyList()
    for number in [10, 20, 30] as [Int64] { _ = keys.place(of: try LookupKey(encoding: number)) }
    let again = keys.place(of: try LookupKey(encoding: Int64(20)))
    #expect(again == 1 && keys.keys.count == 3)
    let list = keys
    func rows(_ answer: [Int64?]) throws -> [Int32] {
      let keysOfRows = try answer.map { try $0.map { try LookupKey(encoding: $0) } }
      return list.rows(count: Int32(answer.count)) { keysOfRows[Int($0)] }
    }
    #expect(try rows([30, 10]) == [1, LookupRow.none, 0])
    #expect(try rows([20, 10, 20, 20]) == [1, LookupRow.several, LookupRow.none])
    #expect(try rows([]) == [LookupRow.none, LookupRow.none, LookupRow.none])
    #expect(try rows([10, 99]) == [0, LookupRow.uncertain, LookupRow.uncertain])
    #expect(try rows([10, nil]) == [0, LookupRow.uncertain, LookupRow.uncertain])
  }
}

@Suite("A queue")
struct FIFOTests {
  @Test("First in, first out, through thousands of turns and with some put before the others")
  func order() {
    var queue = FIFO<Int>()
    var model: [Int] = []
    var random = SeededRandom(seed: 5)
    for number in 0..<20_000 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<4:
        queue.append(number)
        model.append(number)
      case 4..<7:
        let taken = queue.popFirst()
        #expect(taken == model.first)
        model = Array(model.dropFirst())
      default:
        if number % 50 == 0 {
          queue.prepend([number, -number])
          model = [number, -number] + model
        } else if number % 50 == 7 {
          queue.removeAll { $0 % 3 == 0 }
          model.removeAll { $0 % 3 == 0 }
        }
      }
      #expect(queue.count == model.count)
      #expect(queue.first == model.first)
    }
    let rest = queue.takeAll()
    #expect(rest == model && queue.isEmpty)
  }
}
