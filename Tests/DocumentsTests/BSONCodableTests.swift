import Documents
import Foundation
import Kernel
import Testing

@Suite("The BSON encoder and decoder")
struct BSONCodableTests {
  enum Person {}
  enum Level: String, Codable { case a, b }
  enum Choice: Codable, Equatable { case none, some(Int), named(text: String, at: Instant) }

  struct Inner: Codable, Equatable {
    var name: String
    var deeper: [[Int]]
  }

  struct Everything: Codable, Equatable {
    var id: Identifier<Person>
    var uuid: UUID
    var at: Instant
    var date: Date
    var bytes: [UInt8]
    var data: Data
    var text: String
    var bool: Bool
    var int: Int
    var small: [Int8]
    var wide: UInt64
    var double: Double
    var float: Float
    var level: Level
    var levels: [Level?]
    var choices: [Choice]
    var inner: Inner
    var inners: [String: Inner]
    var present: Inner?
    var absent: Inner?
    var day: CivilDate?
    var free: BSONDocument
    var any: BSONValue
    var anys: [BSONValue]
    var object: ObjectID?
    var optionals: [UUID?]
  }

  func everything() throws -> Everything {
    Everything(
      id: .make(), uuid: UUID(), at: Instant(milliseconds: -1), date: Date(timeIntervalSince1970: 1.5), bytes: [1, 2],
      data: Data([3]), text: "文", bool: true, int: .min, small: [-128, 127], wide: UInt64(Int64.max), double: 0.1,
      float: 0.25, level: .b, levels: [.a, nil],
      choices: [.none, .some(3), .named(text: "x", at: Instant(seconds: 5))],
      inner: Inner(name: "内", deeper: [[], [1, 2], [3]]), inners: ["k": Inner(name: "v", deeper: [])],
      present: Inner(name: "p", deeper: []), absent: nil, day: CivilDate("1988-02-29"), free: ["x": [1, nil]],
      any: .minKey, anys: [1, "two", .decimal128(BSONDecimal128(low: 1, high: 2))],
      object: ObjectID(hex: "56e1fc72e0c917e9c4714161"), optionals: [UUID(), nil])
  }

  @Test("A type with everything in it comes back equal")
  func roundTrip() throws {
    let value = try everything()
    let document = try BSONDocument(encoding: value)
    #expect(try BSONDocument(bytes: document.bytes) == document)
    #expect(try document.decoded(as: Everything.self) == value)
  }

  @Test("Values lie in BSON as promised")
  func representation() throws {
    let value = try everything()
    let document = try BSONDocument(encoding: value)
    #expect(document["id"] == value.id.bsonValue)
    guard case .binary(let id)? = document["id"] else { throw Unexpected() }
    #expect(id.subtype == 4)
    #expect(document["at"] == .dateTime(-1))
    #expect(document["date"] == .dateTime(1500))
    #expect(document["bytes"] == .binary(BSONBinary([1, 2])))
    #expect(document["int"] == .int64(.min))
    #expect(document["small"] == [.int32(-128), .int32(127)])
    #expect(document["level"] == "b")
    #expect(document["levels"] == ["a", nil])
    #expect(document["day"] == "1988-02-29")
    #expect(document["absent"] == nil)
    #expect(document["free"] == ["x": [1, nil]])
    #expect(document["inner"] == ["name": "内", "deeper": [[], [1, 2], [3]]])
  }

  @Test("Microseconds below a millisecond are dropped towards the past")
  func milliseconds() throws {
    struct Moment: Codable { var at: Instant }
    for microseconds in [1_999, -1, -1001, 1_790_000_000_123_456] as [Int64] {
      let instant = Instant(microseconds: microseconds)
      let read = try BSONDocument(encoding: Moment(at: instant)).decoded(as: Moment.self).at
      #expect(read == instant.truncatedToMilliseconds)
    }
  }

  @Test("Numbers convert only when nothing is lost")
  func numbers() throws {
    struct Number<N: Codable>: Codable { var n: N }
    #expect(try (["n": .double(3)] as BSONDocument).decoded(as: Number<Int>.self).n == 3)
    #expect(try (["n": .int32(3)] as BSONDocument).decoded(as: Number<Double>.self).n == 3)
    #expect(try (["n": .int64(255)] as BSONDocument).decoded(as: Number<UInt8>.self).n == 255)
    for wrong in [.double(3.5), .double(.nan), .double(1e300), .int64(.max), .int64(-1), "3", nil] as [BSONValue] {
      #expect(throws: DecodingError.self) { try BSONDocument([("n", wrong)]).decoded(as: Number<UInt8>.self) }
    }
    #expect(throws: DecodingError.self) { try BSONDocument([("n", .int64(.max))]).decoded(as: Number<Double>.self) }
    #expect(throws: EncodingError.self) { try BSONDocument(encoding: Number<UInt64>(n: .max)) }
  }

  @Test("Dates beyond what an instant holds are an error, not a trap")
  func farDates() {
    struct Moment: Codable { var at: Instant }
    for milliseconds in [Int64.max, .min] {
      #expect(throws: DecodingError.self) {
        try BSONDocument([("at", .dateTime(milliseconds))]).decoded(as: Moment.self)
      }
    }
  }

  @Test("Another type, a missing key and null are told apart by kind and path")
  func errors() throws {
    func failure(_ inner: BSONValue) -> DecodingError? {
      #expect(throws: DecodingError.self) {
        try BSONDocument([("inner", inner), ("list", [])]).decoded(as: [String: Inner].self)
      }
    }
    guard case .typeMismatch(_, let mismatch)? = failure(["name": 1, "deeper": []]) else { throw Unexpected() }
    #expect(mismatch.codingPath.map(\.stringValue) == ["inner", "name"])
    guard case .keyNotFound(let key, _)? = failure(["name": "x"]) else { throw Unexpected() }
    #expect(key.stringValue == "deeper")
    guard case .valueNotFound? = failure(["name": nil, "deeper": []]) else { throw Unexpected() }
    guard case .typeMismatch(_, let deep)? = failure(["name": "x", "deeper": [[1], ["y"]]]) else { throw Unexpected() }
    #expect(deep.codingPath.map(\.stringValue) == ["inner", "deeper", "1", "0"])
  }

  @Test("What cannot be a document is refused when encoding")
  func unencodable() {
    #expect(throws: EncodingError.self) { try BSONDocument(encoding: [1, 2]) }
    #expect(throws: EncodingError.self) { try BSONDocument(encoding: 1) }
    #expect(throws: EncodingError.self) { try BSONDocument(encoding: ["a\0b": 1]) }
    final class Endless: Encodable {
      enum Keys: String, CodingKey { case more }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(self, forKey: .more)
      }
    }
    #expect(throws: EncodingError.self) { try BSONDocument(encoding: Endless()) }
  }

  @Test("Containers filled in turns, superclasses and lists inside lists keep their order")
  func interleaved() throws {
    struct Turns: Encodable {
      enum Keys: String, CodingKey { case first, second, list, last }
      func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: Keys.self)
        var first = top.nestedContainer(keyedBy: Keys.self, forKey: .first)
        var list = top.nestedUnkeyedContainer(forKey: .list)
        try list.encode(1)
        var inner = list.nestedContainer(keyedBy: Keys.self)
        try list.encode("three")
        try top.encode(2, forKey: .second)
        try inner.encode(true, forKey: .last)
        try first.encode("late", forKey: .last)
        try top.encode(4, forKey: .last)
        try "above".encode(to: top.superEncoder())
      }
    }
    let document = try BSONDocument(encoding: Turns())
    #expect(
      document == [
        "first": ["last": "late"], "list": [1, ["last": true], "three"], "second": 2, "last": 4, "super": "above",
      ])
    #expect(try BSONDocument(bytes: document.bytes) == document)
  }

  private struct Unexpected: Error {}
}
