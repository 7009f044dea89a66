import Documents
import Foundation
import Kernel
import Testing

/// One value of each type that BSON has.
func everyKindOfValue() throws -> [(String, BSONValue)] {
  [
    ("double", .double(-1.5)), ("nan", .double(.nan)), ("infinity", .double(-.infinity)), ("zero", .double(-0.0)),
    ("empty", ""), ("text", "海聚 𠮷 e\u{301} \0 nul"), ("document", ["a": ["b": [:]]]), ("list", [1, "two", [nil]]),
    ("emptyList", []), ("plain", .binary(BSONBinary([0, 255, 7]))), ("nothing", .binary(BSONBinary([]))),
    ("old", .binary(BSONBinary(subtype: 2, [1, 2, 3]))), ("private", .binary(BSONBinary(subtype: 0x80, [9]))),
    ("uuid", BSONValue(UUID())), ("undefined", .undefined),
    ("objectID", .objectID(try #require(ObjectID(hex: "56e1fc72e0c917e9c4714161")))), ("true", true), ("false", false),
    ("date", .dateTime(1_790_000_000_123)), ("before", .dateTime(.min)), ("null", nil),
    ("regex", .regex(try #require(BSONRegex(pattern: "^海.*$", options: "xi")))),
    ("pointer", .pointer(BSONPointer(namespace: "db.c", id: try #require(ObjectID([UInt8](1...12)))))),
    ("code", .code("return 1")), ("symbol", .symbol("s")),
    ("scoped", .scopedCode(BSONScopedCode(code: "x", scope: ["x": 1]))), ("int32", .int32(.min)),
    ("timestamp", .timestamp(BSONTimestamp(seconds: .max, increment: 7))), ("int64", .int64(.max)),
    ("decimal", .decimal128(BSONDecimal128(low: 1, high: 0x3020_0000_0000_0000))), ("min", .minKey), ("max", .maxKey),
    ("", "an empty key"), ("键", "a key beyond ASCII"),
  ]
}

@Suite("A BSON document")
struct BSONDocumentTests {
  @Test("Every type comes back from its bytes, in order and bit for bit")
  func roundTrip() throws {
    let elements = try everyKindOfValue()
    let document = BSONDocument(elements)
    let again = try BSONDocument(bytes: document.bytes)
    #expect(again == document)
    #expect(again.keys == elements.map(\.0))
    for ((key, value), (readKey, read)) in zip(elements, again) {
      #expect(key == readKey)
      // NaN differs from itself, so numbers are compared by their bits.
      if case .double(let number) = value, case .double(let readNumber) = read {
        #expect(number.bitPattern == readNumber.bitPattern)
      } else {
        #expect(value == read)
        #expect(again[key] == value)
      }
    }
    #expect(BSONDocument(Array(again).map { ($0.key, $0.value) }).bytes == document.bytes)
  }

  @Test("Bytes are those of the specification's examples")
  func specification() throws {
    // bsonspec.org, FAQ: {"hello": "world"} and {"BSON": ["awesome", 5.05, 1986]}.
    let hello: BSONDocument = ["hello": "world"]
    #expect(hello.bytes == Array("\u{16}\0\0\0\u{02}hello\0\u{06}\0\0\0world\0\0".utf8))
    let list: BSONDocument = ["BSON": ["awesome", 5.05, .int32(1986)]]
    let expected: [UInt8] =
      Array("1\0\0\0\u{04}BSON\0&\0\0\0\u{02}0\0\u{08}\0\0\0awesome\0\u{01}1\0".utf8)
      + [0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x14, 0x40] + Array("\u{10}2\0".utf8) + [0xC2, 0x07, 0, 0, 0, 0]
    #expect(list.bytes == expected)
  }

  @Test("Keys are found, replaced in place, and added at the end")
  func editing() {
    var document: BSONDocument = ["a": 1, "b": 2]
    #expect(document["b"] == 2)
    #expect(document["c"] == nil)
    document.append("c", "三")
    #expect(document.keys == ["a", "b", "c"])
    #expect(document.setting("b", to: true) == ["a": 1, "b": true, "c": "三"])
    #expect(document.setting("d", to: nil).keys == ["a", "b", "c", "d"])
    #expect(BSONDocument().isEmpty)
    #expect(!document.isEmpty)
  }

  @Test("Text of users is text whatever it contains")
  func usersText() {
    #expect(BSONValue.text(fromUser: "{\"$ne\": 1}") == .string("{\"$ne\": 1}"))
    #expect(BSONValue.text(fromUser: "$where").text == "$where")
  }

  @Test("A hundred levels are read, one more is refused")
  func depth() throws {
    func nested(_ levels: Int) -> BSONDocument {
      var document = BSONDocument()
      for _ in 1..<levels { document = ["n": .document(document)] }
      return document
    }
    #expect(try BSONDocument(bytes: nested(100).bytes) == nested(100))
    let error = #expect(throws: BSONError.self) { try BSONDocument(bytes: nested(101).bytes) }
    #expect(error?.reason == .depth)
    // Thousands of levels must not exhaust the stack either.
    #expect(throws: BSONError.self) { try BSONDocument(bytes: nested(20_000).bytes) }
  }

  @Test(
    "Malformed bytes are named",
    arguments: [
      ([], .length), ([5, 0, 0, 0], .length), ([4, 0, 0, 0, 0], .length), ([5, 0, 0, 0, 1], .length),
      ([6, 0, 0, 0, 0], .length), ([5, 0, 0, 0, 0, 0], .trailingBytes), ([255, 255, 255, 255, 0], .length),
      ([255, 255, 255, 127, 0], .length), ([8, 0, 0, 0, 0x0A, 65, 66, 0], .text),
      ([8, 0, 0, 0, 0x20, 65, 0, 0], .unknownType), ([9, 0, 0, 0, 0x08, 65, 0, 2, 0], .boolean),
      ([8, 0, 0, 0, 0x0A, 0xFF, 0, 0], .text), ([14, 0, 0, 0, 2, 65, 0, 2, 0, 0, 0, 0xC3, 0, 0], .text),
      ([14, 0, 0, 0, 2, 65, 0, 2, 0, 0, 0, 65, 66, 0], .text),
      ([12, 0, 0, 0, 2, 65, 0, 0, 0, 0, 0, 0], .length),
      ([12, 0, 0, 0, 2, 65, 0, 255, 255, 255, 255, 0], .length),
      ([13, 0, 0, 0, 3, 65, 0, 6, 0, 0, 0, 0, 0], .length),
    ] as [([UInt8], BSONError.Reason)])
  func malformed(bytes: [UInt8], reason: BSONError.Reason) {
    let error = #expect(throws: BSONError.self) { try BSONDocument(bytes: bytes) }
    #expect(error?.reason == reason)
  }

  @Test("Every prefix of a document is refused")
  func prefixes() throws {
    let bytes = BSONDocument(try everyKindOfValue()).bytes
    for count in bytes.indices {
      #expect(throws: BSONError.self) { try BSONDocument(bytes: Array(bytes[..<count])) }
      // Also when the length is made to match, so that the damage lies inside.
      guard count >= 5 else { continue }
      var cut = Array(bytes[..<count])
      for index in 0..<4 { cut[index] = UInt8(truncatingIfNeeded: count >> (8 * index)) }
      cut[count - 1] = 0
      if let document = try? BSONDocument(bytes: cut) { walk(document) }
    }
  }

  @Test("Twenty thousand damaged documents give an error or a document that can be read to its end")
  func mutations() async throws {
    struct Shape: Codable {
      var text: String
      var list: [Int]
      var uuid: UUID
      var date: Instant
    }
    let bytes = BSONDocument(try everyKindOfValue()).bytes
    var random = SeededGenerator(seed: 20_261_123)
    var refused = 0
    for round in 0..<20_000 {
      // Other tests wait for their turns on the same two threads.
      if round.isMultiple(of: 100) { await Task.yield() }
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do throws(BSONError) {
        let document = try BSONDocument(bytes: damaged)
        walk(document)
        // What was accepted is also stable: the same values, written again, are well-formed.
        _ = try BSONDocument(bytes: BSONDocument(document.map { ($0.key, $0.value) }).bytes)
        #expect(throws: DecodingError.self) { try document.decoded(as: Shape.self) }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 5000)
    #expect(refused < 20_000)
  }

  /// Touches everything, which would trap if a length were believed wrongly.
  private func walk(_ document: BSONDocument) {
    for (key, value) in document {
      _ = document[key]
      if case .document(let inner) = value { walk(inner) }
      _ = (value.text, value.integer, value.number, value.instant, value.array?.count)
    }
  }
}
