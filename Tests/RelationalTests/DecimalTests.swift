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
