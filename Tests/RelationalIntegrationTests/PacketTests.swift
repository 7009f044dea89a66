import Kernel
import Relational
import TestSupport
import Testing

/// How the bytes of a test travel.
enum Cable: String, CaseIterable {
  case plain, encrypted

  /// A server, a proxy in front of it and a database behind both.
  func connect(
    seed: UInt64 = 1, poolSize: Int = 4, acquireTimeout: Duration = .seconds(20), statementTimeout: Duration? = nil
  ) async throws -> (proxy: FaultProxy, database: Database) {
    let server = try await self == .plain ? TestStores.postgres() : TestStores.securePostgres()
    let name = try await server.newDatabase()
    let proxy = try await server.proxy(seed: seed)
    let uri =
      switch self {
      case .plain: server.uri(name, through: proxy)
      case .encrypted:
        server.secureURI(name, authority: try await TestStores.certificates().authority, through: proxy)
      }
    let database = try await Database.open(
      RelationalConfiguration(
        uri: uri, poolSize: poolSize, acquireTimeout: acquireTimeout, statementTimeout: statementTimeout))
    return (proxy, database)
  }
}

@Suite("Packets of any size")
struct PacketTests {
  /// 36 signs again and again, so that a byte lost or doubled anywhere shows.
  private static let pattern = "0123456789abcdefghijklmnopqrstuvwxyz"
  private static let cut = "substr(repeat('\(pattern)', $1::int4 / 36 + 1), 1, $1)"
  private static let text = Statement<String>("packet.text", "SELECT \(cut)")
  private static let sharedText = Statement<String>("packet.shared", lane: .shared, "SELECT \(cut)")
  private static let echo = Statement<String>("packet.echo", lane: .shared, "SELECT $1")

  private static func expected(_ length: Int) -> String {
    String(String(repeating: pattern, count: length / 36 + 1).prefix(length))
  }

  /// Around the sizes of buffers: libpq's 8 and 16 KB, and where TLS records once hid the end of an answer.
  private static let sizes =
    [0, 1, 8191, 16_383, 16_384, 16_385, 65_536] + stride(from: 81_830, through: 81_920, by: 10)

  @Test(
    "I1: answers of any size arrive whole at any split", arguments: Cable.allCases, [1...1, 1...9, 100...5000, nil])
  func answers(cable: Cable, pieces: ClosedRange<Int>?) async throws {
    let (proxy, database) = try await cable.connect(seed: 7)
    proxy.set(.init(pieces: pieces))
    // Byte by byte costs a second for a hundred thousand; longer rounds take all sizes.
    let isSlow = (pieces?.upperBound ?? 1000) < 100 && rounds == 1
    let sizes = isSlow ? Array(Self.sizes.prefix(4)) : Self.sizes
    try await within(.seconds(60)) {
      try await withThrowingTaskGroup { group in
        for size in sizes {
          for statement in [Self.text, Self.sharedText] {
            group.addTask { () async throws in
              #expect(try await database.first(statement, Int32(size)) == Self.expected(size))
            }
          }
        }
        try await group.waitForAll()
      }
    }
    await database.close()
    proxy.stop()
  }

  @Test("I1: copied rows of any size arrive whole at any split", arguments: Cable.allCases, [1...40, 500...20_000])
  func copies(cable: Cable, pieces: ClosedRange<Int>) async throws {
    let (proxy, database) = try await cable.connect(seed: 11)
    try await database.arrange("CREATE TABLE entry (id int8, content text)")
    proxy.set(.init(pieces: pieces))
    let sizes = pieces.upperBound < 100 && rounds == 1 ? Array(Self.sizes.prefix(5)) : Self.sizes
    let copy = CopyStatement("packet.copy", table: "entry", columns: ["id", "content"])
    let count = try await within(.seconds(60)) {
      try await database.withTransaction { transaction in
        try await transaction.copyIn(copy, sizes) { size, row in
          row.append(Int64(size))
          row.append(Self.expected(size))
        }
      }
    }
    #expect(count == sizes.count)
    proxy.pass()
    let wrong = try await database.number(
      "SELECT count(*) FROM entry WHERE content <> substr(repeat('\(Self.pattern)', id::int4 / 36 + 1), 1, id::int4)")
    #expect(wrong == 0)
    #expect(try await database.number("SELECT sum(length(content)) FROM entry") == Int64(sizes.reduce(0, +)))
    await database.close()
    proxy.stop()
  }

  @Test("I2: questions and answers larger than all buffers do not block each other", arguments: Cable.allCases)
  func bothWays(cable: Cable) async throws {
    let (proxy, database) = try await cable.connect(seed: 3)
    // Small portions with pauses: the buffers of both sides are full nearly all the time.
    proxy.set(.init(pieces: 20_000...60_000, rest: .milliseconds(1)))
    let long = Self.expected(300_000)
    try await within(.seconds(60)) {
      try await withThrowingTaskGroup { group in
        for number in 0..<30 {
          group.addTask { () async throws in
            #expect(try await database.first(Self.echo, "\(number):\(long)") == "\(number):\(long)")
          }
        }
        try await group.waitForAll()
      }
    }
    await database.close()
    proxy.stop()
  }

  @Test("I2: a COPY whose every row makes the server talk does not block", arguments: Cable.allCases)
  func talkingCopy(cable: Cable) async throws {
    let (proxy, database) = try await cable.connect(seed: 5)
    try await database.arrange(
      """
      CREATE TABLE entry (id int8, content text);
      CREATE FUNCTION talk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE NOTICE '%', repeat('n', 10000); RETURN new; END $$;
      CREATE TRIGGER talk BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION talk()
      """)
    proxy.set(.init(pieces: 20_000...60_000, rest: .milliseconds(1)))
    let copy = CopyStatement("packet.copy", table: "entry", columns: ["id", "content"])
    let content = Self.expected(10_000)
    let count = try await within(.seconds(60)) {
      try await database.withTransaction { transaction in
        try await transaction.copyIn(copy, 0..<800) { number, row in
          row.append(Int64(number))
          row.append(content)
        }
      }
    }
    #expect(count == 800)
    // The notices really came the other way: 8 MB of them.
    #expect(proxy.bytes(.toClient) > 8_000_000)
    await database.close()
    proxy.stop()
  }

  @Test("I6: notices, notifications and changed settings in bursts change no answer", arguments: Cable.allCases)
  func bursts(cable: Cable) async throws {
    let (proxy, database) = try await cable.connect(seed: 13)
    try await database.arrange(
      """
      CREATE FUNCTION noise(n int8) RETURNS int8 LANGUAGE plpgsql AS $$ BEGIN
        FOR i IN 1..n % 20 LOOP
          RAISE NOTICE 'a notice %', i;
          PERFORM set_config('application_name', 'name ' || i, false);
          RAISE WARNING '%', repeat('w', (i * n % 3000)::int4);
        END LOOP;
        RETURN n; END $$;
      """)
    proxy.set(.init(pieces: 1...400), .toClient)
    let loud = Statement<Int64>("packet.loud", "SELECT noise($1)")
    let sharedLoud = Statement<Int64>("packet.sharedLoud", lane: .shared, "SELECT noise($1)")
    try await within(.seconds(60)) {
      try await withThrowingTaskGroup { group in
        for number in 0..<60 {
          group.addTask { () async throws in
            #expect(try await database.first(sharedLoud, Int64(number)) == Int64(number))
            #expect(try await database.first(loud, Int64(number)) == Int64(number))
          }
        }
        // A session that hears its own notifications between its answers.
        group.addTask { () async throws in
          try await database.withSession { session in
            try await session.script("LISTEN here")
            for number in 0..<40 {
              let told = Statement<Int64>(
                "packet.told", "SELECT count(pg_notify('here', n::text) IS NULL) FROM generate_series(1, $1) AS n")
              #expect(try await session.first(told, Int64(number)) == Int64(number))
              #expect(try await session.first(loud, Int64(number)) == Int64(number))
            }
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(database.statistics.leased == 0)
    await database.close()
    proxy.stop()
  }
}
