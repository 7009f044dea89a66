import Foundation
import Kernel
import Relational
import TestSupport
import Testing

@Suite("Times and the server")
struct TimeTypeTests {
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

  @Test("A timestamp without a zone is not taken for an instant")
  func zones() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<Instant>("zone", "SELECT '2026-11-23'::timestamp"))
      }
      #expect(error?.message.contains("timestamp") == true && error?.code == .decoding)
    }
  }

  @Test("T3: microseconds agree with the server's own count, from 4713 BC to the year 9999")
  func microseconds() async throws {
    let count = Statement<Counts>(
      "times.count",
      """
      SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::int8, (extract(epoch FROM $2::timestamp) * 1000000)::int8,
             $3::date - '1970-01-01'::date, $1, $2, $3
      """)
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for round in 0..<300 {
        // Most of them between the years 1 and 9999, some before Christ.
        let range: ClosedRange<Int64> =
          round % 4 == 0
          ? -210_800_000_000_000_000 ... -62_135_596_800_000_001 : -62_135_596_800_000_000...253_402_300_799_999_999
        let instant = Instant(microseconds: .random(in: range, using: &random))
        let wall = CivilDateTime(microseconds: .random(in: range, using: &random))
        let day = CivilDate(daysSince1970: Int.random(in: -2_440_000...2_932_896, using: &random))
        let back = try await database.first(count, instant, wall, day)
        #expect(back?.instant == instant.microseconds && back?.wall == wall.microseconds, "seed \(seed)")
        #expect(back.map { Int($0.day) } == day.daysSince1970, "seed \(seed)")
        #expect(back?.at == instant && back?.on == wall && back?.during == day, "seed \(seed)")
      }
    }
  }

  @Test("T4: an instant does not read as a time on the wall")
  func kinds() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<CivilDateTime>("times.kind", "SELECT now()"))
      }
      #expect(error?.message.contains("expected timestamp, the column is timestamptz") == true)
    }
  }

  @Test("T4, T5: results are the same whatever zone the database, the session or the process prefers")
  func preferences() async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    let setup = try await Database.open(RelationalConfiguration(uri: uri))
    try await setup.arrange(
      """
      DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Pacific/Apia'); END $$;
      CREATE TABLE kept (at timestamptz, wall timestamp, day date, clock time);
      """)
    await setup.close()
    let sent = try Kept(
      at: #require(Instant("2026-03-29T01:30:00.000001Z")), wall: #require(CivilDateTime("2026-03-29T02:30:00.5")),
      day: #require(CivilDate("2011-12-30")), clock: #require(TimeOfDay("24:00")))
    let put = Statement<NoRow>("times.put", "INSERT INTO kept VALUES ($1, $2, $3, $4)")
    let database = try await Database.open(RelationalConfiguration(uri: uri, poolSize: 1))
    #expect(try await database.first(Statement<String>("times.zone", "SELECT current_setting('TimeZone')")) == "UTC")
    for zone in ["Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "<+13:45>-13:45"] {
      try await database.withSession { session in
        try await session.script("SET timezone = '\(zone)'")
        try await session.execute(put, sent.at, sent.wall, sent.day, sent.clock)
        let rows = try await session.query(Kept.all)
        #expect(rows.allSatisfy { $0 == sent })
      }
    }
    #expect(try await database.query(Kept.all) == [sent, sent, sent, sent])
    await database.close()
    // A process of its own, since the environment of this one belongs to all tests.
    await #expect(processExitsWith: .success) { [uri = uri as String] in
      setenv("TZ", "Pacific/Apia", 1)
      setenv("PGTZ", "America/St_Johns", 1)
      tzset()
      let database = try await Database.open(RelationalConfiguration(uri: uri))
      let rows = try await database.query(Kept.all)
      let expected = ["2026-03-29T01:30:00.000001Z", "2026-03-29T02:30:00.5", "2011-12-30", "24:00:00"]
      precondition(rows.count == 4 && rows.allSatisfy { $0.texts == expected })
      await database.close()
    }
  }

  @Test("Infinity is a value of its own where it is allowed")
  func unbounded() async throws {
    let echo = Statement<Ends>(
      "times.ends", "SELECT $1::timestamptz, $2::date, 'infinity'::timestamp, $3::timestamptz = 'infinity', $4::date[]")
    try await withDatabase { database in
      let day = try #require(CivilDate("1815-06-18"))
      let found = try await database.first(
        echo, Unbounded<Instant>.negativeInfinity, Unbounded.finite(day), Unbounded<Instant>.infinity,
        [Unbounded.finite(day), .infinity])
      let back = try #require(found)
      #expect(back.from == .negativeInfinity && back.day == .finite(day) && back.wall == .infinity && back.isSame)
      #expect(back.days == [.finite(day), .infinity])
      #expect(back.from < .finite(Instant(microseconds: .min)) && back.wall.value == nil && back.day.value == day)
    }
  }

  @Test("Intervals mean the same to the server, part by part")
  func intervals() async throws {
    let exchange = Statement<Interval>("times.interval", "SELECT $1::interval::text, $2::text::interval, $1")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      try await database.withSession { session in
        var random = SeededRandom(seed: seed)
        try await session.script("SET intervalstyle = iso_8601")
        for round in 0..<300 {
          let sent = round == 0 ? SQLInterval() : Samples.interval(&random)
          let back = try await session.first(exchange, sent, sent.description)
          #expect(back?.text == sent.description, "seed \(seed)")
          #expect(back?.parsed == sent && back?.echo == sent, "seed \(seed)")
          #expect(SQLInterval(sent.description) == sent, "seed \(seed)")
        }
      }
    }
  }
}

private struct Counts: RowDecodable {
  let instant: Int64
  let wall: Int64
  let day: Int32
  let at: Instant
  let on: CivilDateTime
  let during: CivilDate

  init(row: inout RowReader) throws(DecodingFailure) {
    instant = try row.next()
    wall = try row.next()
    day = try row.next()
    at = try row.next()
    on = try row.next()
    during = try row.next()
  }
}

private struct Kept: RowDecodable, Equatable {
  static let all = Statement<Kept>("times.get", "SELECT at, wall, day, clock FROM kept")

  let at: Instant
  let wall: CivilDateTime
  let day: CivilDate
  let clock: TimeOfDay

  init(at: Instant, wall: CivilDateTime, day: CivilDate, clock: TimeOfDay) {
    (self.at, self.wall, self.day, self.clock) = (at, wall, day, clock)
  }

  init(row: inout RowReader) throws(DecodingFailure) {
    at = try row.next()
    wall = try row.next()
    day = try row.next()
    clock = try row.next()
  }

  var texts: [String] { ["\(at)", "\(wall)", "\(day)", "\(clock)"] }
}

private struct Ends: RowDecodable {
  let from: Unbounded<Instant>
  let day: Unbounded<CivilDate>
  let wall: Unbounded<CivilDateTime>
  let isSame: Bool
  let days: [Unbounded<CivilDate>]

  init(row: inout RowReader) throws(DecodingFailure) {
    from = try row.next()
    day = try row.next()
    wall = try row.next()
    isSame = try row.next()
    days = try row.next()
  }
}

private struct Interval: RowDecodable {
  let text: String
  let parsed: SQLInterval
  let echo: SQLInterval

  init(row: inout RowReader) throws(DecodingFailure) {
    text = try row.next()
    parsed = try row.next()
    echo = try row.next()
  }
}
