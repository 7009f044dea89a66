import Kernel
import Relational
import TestSupport
import Testing

@Suite("Exact numbers and the server")
struct DecimalTypeTests {
  @Test("Exact numbers that PostgreSQL prints are read as printed")
  func decimals() async throws {
    let echo = Statement<SQLDecimal>("types.decimal", "SELECT $1::text::numeric")
    try await withDatabase { database in
      for text in [
        "0", "0.0", "0.00001", "10000", "100000000", "-0.0001", "1e-20", "12345678.000", "9999.9999", "NaN", "1E+30",
        "-Infinity",
      ] {
        let expected = try await database.first(
          Statement<String>("types.numericText", "SELECT $1::numeric::text"), text)
        #expect(try await database.first(echo, text)?.description == expected)
      }
    }
  }

  @Test("T1: digits, scale and sign agree with the server's text in both directions, in arrays too")
  func serverText() async throws {
    let exchange = Statement<Exchange>(
      "decimal.exchange", "SELECT $1::numeric::text, $2::text::numeric, $3::numeric[]::text[], $4::text[]::numeric[]")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      let fixed = ["0.0001", "10000", "0.00000000000000000001", "1.1000", "-0.0", "NaN", "Infinity", "-Infinity"]
      for round in 0..<300 {
        var numbers: [SQLDecimal] = []
        for place in 0..<4 {
          let known = round < 2 ? SQLDecimal(fixed[4 * round + place]) : Samples.decimal(&random)
          numbers.append(try #require(known))
        }
        let texts = numbers.map(\.description)
        let back = try await database.first(exchange, numbers[0], texts[0], numbers, texts)
        #expect(back?.text == texts[0] && back?.texts == texts, "seed \(seed)")
        #expect(back?.number == numbers[0] && back?.numbers == numbers, "seed \(seed)")
      }
    }
  }

  @Test("T1: the longest numbers of PostgreSQL go there and back")
  func longest() async throws {
    let exchange = Statement<Exchange>(
      "decimal.longest", "SELECT $1::numeric::text, $2::text::numeric, '{}'::text[], '{}'::numeric[]")
    let text = String(repeating: "9", count: 131_072) + "." + String(repeating: "7", count: 16_383)
    try await withDatabase { database in
      let number = try #require(SQLDecimal(text))
      let back = try await database.first(exchange, number, text)
      #expect(back?.text == text && back?.number == number)
    }
  }
}

private struct Exchange: RowDecodable {
  let text: String
  let number: SQLDecimal
  let texts: [String]
  let numbers: [SQLDecimal]

  init(row: inout RowReader) throws(DecodingFailure) {
    text = try row.next()
    number = try row.next()
    texts = try row.next()
    numbers = try row.next()
  }
}
