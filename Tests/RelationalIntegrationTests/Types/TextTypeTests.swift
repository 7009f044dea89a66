import Kernel
import Relational
import TestSupport
import Testing

private enum Level: String, SQLTextEnum, CaseIterable { case first, second, 第三 }

@Suite("Text, JSON, enums and the server")
struct TextTypeTests {
  @Test("JSON goes in and comes out as text")
  func json() async throws {
    let pick = Statement<String>("types.json", "SELECT $1::jsonb ->> 'name'")
    let echo = Statement<JSONText>("types.jsonEcho", "SELECT $1::jsonb")
    try await withDatabase { (database) async throws in
      #expect(try await database.first(pick, JSONText(#"{"name": "海聚", "n": 1.10}"#)) == "海聚")
      #expect(try await database.first(echo, JSONText(#"{"n":1.10}"#)) == JSONText(#"{"n": 1.10}"#))
    }
  }

  @Test("T2: numbers in JSON keep every digit, in jsonb, in json and in arrays")
  func numbersInJSON() async throws {
    let digits = "123456789012345678901234567890.123456789012345678901234567890"
    let echo = Statement<Documents>(
      "text.json", "SELECT $1::jsonb, ($2::text)::json, ARRAY[$1::jsonb], ARRAY[($2::text)::json]")
    try await withDatabase { database in
      let found = try await database.first(echo, JSONText("[\(digits),  1e-7]"), "[\(digits),  1.10]")
      let back = try #require(found)
      #expect(back.binary.text == "[\(digits), 0.0000001]" && back.plain.text == "[\(digits),  1.10]")
      #expect(back.binaries == [back.binary] && back.plains == [back.plain])
      try await database.arrange("CREATE TABLE note (body json)")
      try await database.execute(
        Statement<NoRow>("text.put", "INSERT INTO note VALUES ($1)"), JSONText(#"{"n":1.10}"#))
      let stored = try await database.first(Statement<JSONText>("text.get", "SELECT body FROM note"))
      #expect(stored?.text == #"{"n": 1.10}"#)
    }
  }

  @Test("T7: combining characters and scalars of four bytes are kept as they are, NUL is refused before it is sent")
  func scalars() async throws {
    let echo = Statement<String>("text.echo", "SELECT $1::text")
    let hex = Statement<String>("text.hex", "SELECT encode(convert_to($1::text, 'UTF8'), 'hex')")
    try await withDatabase { database in
      for text in ["e\u{301}", "é", "😀", "𠮷", "\u{10FFFF}", "\u{FEFF}a", "a\u{200D}b", "\u{1}", ""] {
        let back = try await database.first(echo, text)
        #expect(back.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        let stored = try await database.first(hex, text)
        #expect(stored == text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
      }
      let before = database.statistics.statements
      let error = await failure { _ = try await database.first(echo, "secret\u{0}") }
      #expect(error?.code == .encoding && error?.message.contains("NUL") == true)
      #expect("\(String(describing: error))".contains("secret") == false)
      #expect(database.statistics.statements == before)
    }
  }

  @Test("PostgreSQL's enums are read and bound, alone, in arrays and as null, as are columns of text")
  func enums() async throws {
    try await withDatabase { database in
      try await database.arrange(
        """
        CREATE TYPE level AS ENUM ('first', 'second', '第三');
        CREATE TABLE person (l level, t text, a level[], b text[])
        """)
      let put = Statement<NoRow>("enum.put", "INSERT INTO person VALUES ($1, $2, $3, $4)")
      let gaps: [Level?] = [.第三, nil]
      for level in Level.allCases { try await database.execute(put, level, level, [level, .first], gaps) }
      try await database.execute(put, Level?.none, Level?.none, [Level](), [Level]())
      for lane in [Lane.shared, .leased] {
        let find = Statement<Levels>(
          "enum.find.\(lane)", lane: lane, "SELECT l, t, a, b FROM person WHERE l = $1 AND t = $2 AND l = ANY ($3)")
        let back = try await database.query(find, Level.第三, Level.第三, Level.allCases)
        #expect(back == [Levels(column: .第三, text: .第三, array: [.第三, .first], texts: [.第三, nil])])
      }
      let null = Statement<Level?>("enum.null", "SELECT l FROM person WHERE a = $1")
      #expect(try await database.query(null, [Level]()) == [nil])
      let unknown = Statement<Level>("enum.unknown", "SELECT 'fourth'::text")
      let error = await failure { _ = try await database.query(unknown) }
      #expect(error?.code == .decoding && error?.message.contains("no case of Level") == true)
    }
  }

  @Test("A row of 200 KB and a result of 10 MB arrive whole, over socket and TCP")
  func sizes() async throws {
    for transport in [TestSupport.TempPostgres.Transport.socket, .tcp] {
      try await withDatabase(over: transport) { database in
        let wide = Statement<String>("size.wide", "SELECT repeat('海', $1)")
        for length in [1, 5461, 27_276, 27_277, 27_307, 70_000] {
          #expect(try await database.first(wide, Int32(length))?.unicodeScalars.count == length)
        }
        let long = Statement<String>("size.long", "SELECT repeat('x', 1000) FROM generate_series(1, $1)")
        let rows = try await database.query(long, Int32(10_000))
        #expect(rows.count == 10_000 && rows.allSatisfy { $0.utf8.count == 1000 })
        let echo = Statement<[UInt8]>("size.echo", "SELECT $1")
        let blob = [UInt8](repeating: 7, count: 5_000_000)
        #expect(try await database.first(echo, blob) == blob)
      }
    }
  }
}

private struct Documents: RowDecodable {
  let binary: JSONText
  let plain: JSONText
  let binaries: [JSONText]
  let plains: [JSONText]

  init(row: inout RowReader) throws(DecodingFailure) {
    binary = try row.next()
    plain = try row.next()
    binaries = try row.next()
    plains = try row.next()
  }
}

private struct Levels: RowDecodable, Equatable {
  let column: Level
  let text: Level
  let array: [Level]
  let texts: [Level?]

  init(column: Level, text: Level, array: [Level], texts: [Level?]) {
    (self.column, self.text, self.array, self.texts) = (column, text, array, texts)
  }

  init(row: inout RowReader) throws(DecodingFailure) {
    column = try row.next()
    text = try row.next()
    array = try row.next()
    texts = try row.next()
  }
}
