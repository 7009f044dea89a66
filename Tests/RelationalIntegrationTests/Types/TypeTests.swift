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
  var single: Float
  var number: UInt32
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
    single = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()) & 0x7F7F_FFFF)
    number = UInt32(truncatingIfNeeded: random.next())
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
    single = try row.next()
    number = try row.next()
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
  var clocks: [TimeOfDay]
  var walls: [CivilDateTime]
  var lengths: [SQLInterval]
  var hosts: [SQLNetworkAddress]
  var days: [Unbounded<CivilDate>]
  var spans: [SQLRange<Instant>]
  var exact: [SQLDecimal?]
  var levels: [Level]
  var documents: [JSONText]
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
    clocks = list(&random) { Samples.clock(&$0) }
    walls = list(&random) { Samples.wall(&$0) }
    lengths = list(&random) { Samples.interval(&$0) }
    hosts = list(&random) { Samples.address(&$0) }
    days = list(&random) { Samples.unbounded(&$0) }
    spans = list(&random) { Samples.range(&$0) { Samples.instant(&$0) }.canonical }
    exact = list(&random) { Bool.random(using: &$0) ? Samples.decimal(&$0) : nil }
    levels = list(&random) { Level.allCases.randomElement(using: &$0) ?? .first }
    documents = list(&random) { JSONText("\(Int.random(in: 0...999, using: &$0)).10") }
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
    clocks = try row.next()
    walls = try row.next()
    lengths = try row.next()
    hosts = try row.next()
    days = try row.next()
    spans = try row.next()
    exact = try row.next()
    levels = try row.next()
    documents = try row.next()
    absent = try row.next()
  }
}

@Suite("Types")
struct TypeTests {
  private static let everything = Statement<Everything>(
    "types.everything", "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17")
  private static let lists = Statement<Lists>(
    "types.lists",
    """
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::text[], $19, $20
    """)

  @Test("Random values of every type come back unchanged")
  func roundTrip() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for _ in 0..<200 {
        let sent = Everything(using: &random)
        let back = try await database.first(
          Self.everything, sent.flag, sent.small, sent.medium, sent.large, sent.word, sent.real, sent.single,
          sent.number, sent.text, sent.bytes,
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
          sent.blobs, sent.gaps, sent.clocks, sent.walls, sent.lengths, sent.hosts, sent.days, sent.spans, sent.exact,
          sent.levels, sent.documents, sent.absent)
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

  @Test("A transaction id is read as the server writes it")
  func transactionID() async throws {
    try await withDatabase { database in
      let mark = try await database.first(Statement<CommitMark>("types.mark", "SELECT pg_current_xact_id()"))
      #expect((mark?.transaction ?? 0) > 0)
    }
  }

}
