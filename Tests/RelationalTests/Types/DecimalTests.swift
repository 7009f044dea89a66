import Testing

@testable import Relational

@Suite("Exact numbers")
struct DecimalTests {
  @Test(
    "Text is normalized and nothing else is taken",
    arguments: [
      ("0", "0"), ("-0", "0"), ("-0.00", "0.00"), ("+7", "7"), ("007.10", "7.10"), (".5", "0.5"), ("NaN", "NaN"),
      ("-Infinity", "-Infinity"), ("12345678901234567890.0001", "12345678901234567890.0001"),
    ])
  func reading(text: String, expected: String) { #expect(SQLDecimal(text)?.description == expected) }

  @Test("What is no number is refused", arguments: ["", "-", ".", "1.", "1e5", "1,5", "１", "--1", "1.2.3", "infinity"])
  func refused(text: String) { #expect(SQLDecimal(text) == nil) }

  @Test("Random digits survive the binary form")
  func roundTrip() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let text = Self.randomText(using: &random)
      let value = try #require(SQLDecimal(text))
      var writer = SQLWriter()
      try value.encode(into: &writer)
      let back = try writer.bytes.withUnsafeBytes { try SQLDecimal(sqlBytes: $0) }
      #expect(back == value, "seed \(seed)")
    }
  }

  @Test("T1: 131 072 digits before the point and 16 383 after it are kept, one more is refused")
  func extremes() throws {
    let whole = String(repeating: "9", count: 131_072)
    let fraction = String(repeating: "7", count: 16_383)
    for text in ["\(whole).\(fraction)", "-\(whole)", "0.\(fraction)", "000\(whole)"] {
      let value = try #require(SQLDecimal(text))
      var writer = SQLWriter()
      try value.encode(into: &writer)
      #expect(try writer.bytes.withUnsafeBytes { try SQLDecimal(sqlBytes: $0) } == value)
    }
    #expect(SQLDecimal("1" + whole) == nil)
    #expect(SQLDecimal("0.1" + fraction) == nil)
  }

  @Test("T1: what is no group of four decimal digits, or has more digits than PostgreSQL allows, is malformed")
  func malformed() {
    func decode(_ parts: [UInt16]) throws -> SQLDecimal {
      var writer = SQLWriter()
      for part in parts { writer.write(part) }
      return try writer.bytes.withUnsafeBytes { try SQLDecimal(sqlBytes: $0) }
    }
    #expect((try? decode([1, 0, 0, 0, 9999]))?.description == "9999")
    #expect((try? decode([0, 0, 0x4000, 2]))?.description == "0.00")
    for wrong: [UInt16] in [
      [1, 0, 0, 0, 10_000], [1, 0, 0, 0], [1, 0, 0x1000, 0, 1], [0, 0, 0, 16_384], [2, 0, 0, 0, 1],
    ] {
      #expect(throws: DecodingFailure.self) { try decode(wrong) }
    }
  }

  static func randomText(using random: inout SeededRandom) -> String {
    func digits(_ count: Int) -> String {
      (0..<count).map { _ in String(Int.random(in: 0...9, using: &random) * Int.random(in: 0...1, using: &random)) }
        .joined()
    }
    let fraction = digits(Int.random(in: 0...22, using: &random))
    let whole = digits(Int.random(in: 1...30, using: &random))
    return (Bool.random(using: &random) ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }
}
