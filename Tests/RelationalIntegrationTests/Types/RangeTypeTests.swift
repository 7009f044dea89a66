import Kernel
import Relational
import TestSupport
import Testing

private struct Ranges: RowDecodable, Equatable {
  var small: SQLRange<Int32>
  var large: SQLRange<Int64>
  var exact: SQLRange<SQLDecimal>
  var walls: SQLRange<CivilDateTime>
  var times: SQLRange<Instant>
  var days: SQLRange<CivilDate>
  var open: SQLRange<Unbounded<Instant>>
  var list: [SQLRange<Int32>]

  init(using random: inout SeededRandom) {
    small = Samples.range(&random) { Int32.random(in: -3...3, using: &$0) }
    large = Samples.range(&random) { Int64.random(in: -3...3, using: &$0) }
    exact = Samples.range(&random) { SQLDecimal(Int.random(in: -3...3, using: &$0)) }
    walls = Samples.range(&random) { Samples.wall(&$0) }
    times = Samples.range(&random) { Samples.instant(&$0) }
    days = Samples.range(&random) { CivilDate(daysSince1970: Int.random(in: -3...3, using: &$0)) }
    open = .between(.inclusive(.finite(Samples.instant(&random))), .inclusive(.infinity))
    list = []
    for _ in 0..<3 { list.append(Samples.range(&random) { Int32.random(in: -3...3, using: &$0) }) }
  }

  var canonical: Ranges {
    var copy = self
    copy.small = small.canonical
    copy.large = large.canonical
    copy.exact = exact.canonical
    copy.walls = walls.canonical
    copy.times = times.canonical
    copy.days = days.canonical
    copy.list = list.map(\.canonical)
    return copy
  }

  init(row: inout RowReader) throws(DecodingFailure) {
    small = try row.next()
    large = try row.next()
    exact = try row.next()
    walls = try row.next()
    times = try row.next()
    days = try row.next()
    open = try row.next()
    list = try row.next()
  }
}

@Suite("Ranges, networks and the server")
struct RangeTypeTests {
  @Test("Ranges with every kind of limit come back in their canonical form")
  func ranges() async throws {
    let echo = Statement<Ranges>("range.echo", "SELECT $1, $2, $3, $4, $5, $6, $7, $8")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      for _ in 0..<300 {
        let sent = Ranges(using: &random)
        let back = try await database.first(
          echo, sent.small, sent.large, sent.exact, sent.walls, sent.times, sent.days, sent.open, sent.list)
        #expect(back == sent.canonical, "seed \(seed)")
      }
    }
  }

  @Test("Whether a range contains a number is what the server says")
  func containing() async throws {
    let ask = Statement<Bool>("range.contains", "SELECT $1::int4range @> $2::int4")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { (database) async throws in
      var random = SeededRandom(seed: seed)
      for _ in 0..<200 {
        let range = Samples.range(&random) { Int32.random(in: -3...3, using: &$0) }
        let number = Int32.random(in: -4...4, using: &random)
        #expect(try await database.first(ask, range, number) == range.contains(number), "seed \(seed)")
      }
    }
  }

  @Test("A lower bound above the upper one is the server's error, without the values")
  func inverted() async throws {
    try await withDatabase { database in
      let wrong = SQLRange<Int32>.between(.inclusive(4711), .inclusive(1))
      let error = await failure {
        _ = try await database.query(Statement<SQLRange<Int32>>("range.wrong", "SELECT $1"), wrong)
      }
      #expect(error?.sqlState == "22000" && error?.message.contains("4711") == false)
    }
  }

  @Test("Multiranges come back as the server normalizes them, alone and in arrays")
  func multiranges() async throws {
    let echo = Statement<SQLMultirange<Int32>>("range.multi", "SELECT $1")
    let days = Statement<[SQLMultirange<CivilDate>]>("range.multiDays", "SELECT ARRAY[$1::datemultirange]")
    try await withDatabase { (database) async throws in
      let sent = SQLMultirange<Int32>([.init(8...9), .empty, .init(1..<4), .between(.inclusive(3), .inclusive(5))])
      #expect(try await database.first(echo, sent) == SQLMultirange([.init(1..<6), .init(8..<10)]))
      let month = SQLMultirange([SQLRange(CivilDate(daysSince1970: 0)..<CivilDate(daysSince1970: 31))])
      #expect(try await database.first(days, month) == [month])
      #expect(try await database.first(echo, SQLMultirange<Int32>([])) == SQLMultirange([]))
    }
  }

  @Test("Addresses and networks have the server's text, and cidr reads as inet")
  func networks() async throws {
    let exchange = Statement<Host>(
      "network.exchange", "SELECT format('%s', $1::inet), $2::text::inet, network($1::inet), $1")
    let seed = UInt64.random(in: 0 ... .max)
    try await withDatabase { database in
      var random = SeededRandom(seed: seed)
      let fixed = ["::", "::1", "::ffff:192.0.2.1", "2001:db8::/32", "0.0.0.0/0", "192.0.2.1", "1:0:0:2::3"]
      for round in 0..<200 {
        let sent = try #require(round < fixed.count ? SQLNetworkAddress(fixed[round]) : Samples.address(&random))
        let found = try await database.first(exchange, sent, sent.description)
        let back = try #require(found)
        #expect(back.text == sent.description && back.parsed == sent && back.echo == sent, "seed \(seed)")
        #expect(back.network.prefixLength == sent.prefixLength && back.network.isIPv4 == sent.isIPv4, "seed \(seed)")
        #expect(SQLNetworkAddress(back.text) == sent, "seed \(seed)")
      }
    }
  }

  @Test("Every type number that is fixed here is the one of the server")
  func numbers() async throws {
    let name = Statement<String>("types.number", "SELECT format_type($1, NULL)")
    let spellings = [
      "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
      "float8": "double precision", "timestamp": "timestamp without time zone", "time": "time without time zone",
      "timestamptz": "timestamp with time zone",
    ]
    try await withDatabase { (database) async throws in
      for type in Samples.everyType {
        let element = type.name.hasSuffix("[]") ? String(type.name.dropLast(2)) : type.name
        let spelled = (spellings[element] ?? element) + (element == type.name ? "" : "[]")
        #expect(try await database.first(name, type.oid) == spelled)
      }
    }
  }
}

private struct Host: RowDecodable {
  let text: String
  let parsed: SQLNetworkAddress
  let network: SQLNetworkAddress
  let echo: SQLNetworkAddress

  init(row: inout RowReader) throws(DecodingFailure) {
    text = try row.next()
    parsed = try row.next()
    network = try row.next()
    echo = try row.next()
  }
}
