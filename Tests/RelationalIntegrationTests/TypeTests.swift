import Foundation
import Kernel
import Relational
import TestSupport
import Testing

private enum Level: String, SQLTextEnum, CaseIterable { case first, second, 第三 }
private enum Person {}

/// One of everything, read back by position.
private struct Everything: RowDecodable, Equatable {
  var flag: Bool
  var small: Int16
  var medium: Int32
  var large: Int64
  var word: Int
  var real: Double
  var text: String
  var bytes: [UInt8]
  var id: UUID
  var person: Identifier<Person>
  var time: Instant
  var day: CivilDate
  var exact: SQLDecimal
  var level: Level
  var absent: String?

  init(using random: inout SeededRandom) {
    flag = Bool.random(using: &random)
    small = Int16(truncatingIfNeeded: random.next())
    medium = Int32(truncatingIfNeeded: random.next())
    large = Int64(truncatingIfNeeded: random.next())
    word = Int(truncatingIfNeeded: random.next())
    real = Double(bitPattern: random.next() & 0x7FEF_FFFF_FFFF_FFFF)
    text = Self.text(using: &random)
    bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let (high, low) = (random.next(), random.next())
    id = withUnsafeBytes(of: (high, low)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    person = Identifier(id)
    // From the year 1 to the year 9999.
    time = Instant(microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random))
    day = CivilDate(daysSince1970: Int.random(in: -719_162...2_932_896, using: &random))
    exact = SQLDecimal("\(Int64(truncatingIfNeeded: random.next())).\(random.next() % 1_000_000)") ?? SQLDecimal(0)
    level = Level.allCases.randomElement(using: &random) ?? .first
    absent = Bool.random(using: &random) ? Self.text(using: &random) : nil
  }

  init(row: inout RowReader) throws(DecodingFailure) {
    flag = try row.next()
    small = try row.next()
    medium = try row.next()
    large = try row.next()
    word = try row.next()
    real = try row.next()
    text = try row.next()
    bytes = try row.next()
    id = try row.next()
    person = try row.next()
    time = try row.next()
    day = try row.next()
    exact = try row.next()
    level = try row.next()
    absent = try row.next()
  }

  static func text(using random: inout SeededRandom) -> String {
    let scalars: [String] = ["a", "ß", "海", "聚", "😀", "e\u{301}", "'", "\"", "\\", "\n", "%", "$1"]
    return (0..<Int.random(in: 0...30, using: &random)).map { _ in scalars.randomElement(using: &random) ?? "" }
      .joined()
  }
}

/// Lists, empty ones included.
private struct Lists: RowDecodable, Equatable {
  var numbers: [Int64]
  var small: [Int32]
  var texts: [String]
  var ids: [UUID]
  var people: [Identifier<Person>]
  var times: [Instant]
  var reals: [Double]
  var flags: [Bool]
  var blobs: [[UInt8]]
  var gaps: [String?]
  var absent: [Int64]?

  init(using random: inout SeededRandom) {
    func list<T>(_ random: inout SeededRandom, _ make: (inout SeededRandom) -> T) -> [T] {
      (0..<Int.random(in: 0...5, using: &random)).map { _ in make(&random) }
    }
    numbers = list(&random) { Int64(truncatingIfNeeded: $0.next()) }
    small = list(&random) { Int32(truncatingIfNeeded: $0.next()) }
    texts = list(&random) { Everything.text(using: &$0) }
    ids = list(&random) { Everything(using: &$0).id }
    people = list(&random) { Everything(using: &$0).person }
    times = list(&random) { Everything(using: &$0).time }
    reals = list(&random) { Everything(using: &$0).real }
    flags = list(&random) { Bool.random(using: &$0) }
    blobs = list(&random) { Everything(using: &$0).bytes }
    gaps = list(&random) { Bool.random(using: &$0) ? "there" : nil }
    absent = Bool.random(using: &random) ? numbers : nil
  }

  init(row: inout RowReader) throws(DecodingFailure) {
    numbers = try row.next()
    small = try row.next()
    texts = try row.next()
    ids = try row.next()
    people = try row.next()
    times = try row.next()
    reals = try row.next()
    flags = try row.next()
    blobs = try row.next()
    gaps = try row.next()
    absent = try row.next()
  }
}

@Suite("Types")
struct TypeTests {
  private static let everything = Statement<Everything>(
    "types.everything", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15")
  private static let lists = Statement<Lists>(
    "types.lists", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11")

  @Test("Random values of every type come back unchanged")
  func roundTrip() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for _ in 0..<200 {
        let sent = Everything(using: &random)
        let back = try await database.first(
          Self.everything, sent.flag, sent.small, sent.medium, sent.large, sent.word, sent.real, sent.text, sent.bytes,
          sent.id, sent.person, sent.time, sent.day, sent.exact, sent.level, sent.absent)
        #expect(back == sent, "seed \(seed)")
      }
    }
  }

  @Test("Random arrays of every type come back unchanged, empty and absent ones too")
  func arrays() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for _ in 0..<100 {
        let sent = Lists(using: &random)
        let back = try await database.first(
          Self.lists, sent.numbers, sent.small, sent.texts, sent.ids, sent.people, sent.times, sent.reals, sent.flags,
          sent.blobs, sent.gaps, sent.absent)
        #expect(back == sent, "seed \(seed)")
      }
    }
  }

  @Test("Our text of times, days and exact numbers means the same to the server")
  func serverAgrees() async throws {
    let asText = Statement<Bool>(
      "types.asText",
      "SELECT $1::timestamptz = $2::text::timestamptz AND $3::date = $4::text::date AND $5::numeric::text = $6")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for _ in 0..<200 {
        let sample = Everything(using: &random)
        let agrees = try await database.first(
          asText, sample.time, sample.time.description, sample.day, sample.day.description, sample.exact,
          sample.exact.description)
        #expect(agrees == true, "seed \(seed)")
      }
    }
  }

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

  @Test("Times before 2000 and before 1970 are exact")
  func early() async throws {
    let parse = Statement<Instant>("types.instant", "SELECT $1::text::timestamptz")
    try await withDatabase { (database) async throws in
      for text in ["1999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"] {
        #expect(try await database.first(parse, text) == Instant(text))
      }
    }
  }

  @Test("Infinity is refused by name")
  func infinity() async throws {
    try await withDatabase { database in
      let time = await failure {
        _ = try await database.first(Statement<Instant>("types.forever", "SELECT 'infinity'::timestamptz"))
      }
      #expect(time?.code == .decoding && time?.message.contains("infinite timestamptz") == true)
      let day = await failure {
        _ = try await database.first(Statement<CivilDate>("types.never", "SELECT '-infinity'::date"))
      }
      #expect(day?.code == .decoding && day?.message.contains("infinite date") == true)
    }
  }

  @Test("JSON goes in and comes out as text")
  func json() async throws {
    let pick = Statement<String>("types.json", "SELECT $1::jsonb ->> 'name'")
    let echo = Statement<JSONText>("types.jsonEcho", "SELECT $1::jsonb")
    try await withDatabase { (database) async throws in
      #expect(try await database.first(pick, JSONText(#"{"name": "海聚", "n": 1.10}"#)) == "海聚")
      #expect(try await database.first(echo, JSONText(#"{"n":1.10}"#)) == JSONText(#"{"n": 1.10}"#))
    }
  }

  @Test("A transaction id is read as the server writes it")
  func transactionID() async throws {
    try await withDatabase { database in
      let mark = try await database.first(Statement<CommitMark>("types.mark", "SELECT pg_current_xact_id()"))
      #expect((mark?.transaction ?? 0) > 0)
    }
  }

  @Test("A wrong column type names statement, column, expected and actual type")
  func mismatch() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<Int64>("people.count", "SELECT 1::int4 AS total"))
      }
      #expect(error?.code == .decoding)
      #expect(error?.statement == "people.count")
      let message = error?.message ?? ""
      #expect(message.contains("total") && message.contains("int8") && message.contains("int4"))
    }
  }

  @Test("Null, missing and extra columns are errors, not guesses")
  func shape() async throws {
    try await withDatabase { database in
      let null = await failure { _ = try await database.query(Statement<Int64>("shape.null", "SELECT NULL::int8")) }
      #expect(null?.message.contains("null") == true)
      let extra = await failure { _ = try await database.query(Statement<Int64>("shape.extra", "SELECT 1::int8, 2")) }
      #expect(extra?.message.contains("nobody reads") == true)
      let missing = await failure {
        _ = try await database.query(Statement<Lists>("shape.missing", "SELECT '{}'::int8[]"))
      }
      #expect(missing?.message.contains("fewer columns") == true)
    }
  }

  @Test("A timestamp without a zone is not taken for an instant")
  func zones() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<Instant>("zone", "SELECT '2026-11-23'::timestamp"))
      }
      #expect(error?.message.contains("timestamp") == true && error?.code == .decoding)
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
