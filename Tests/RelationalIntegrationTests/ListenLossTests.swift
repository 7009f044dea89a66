import Kernel
import Relational
import TestSupport
import Testing

@Suite("LISTEN without silent loss")
struct ListenLossTests {
  @Test("L1: a reader that catches up after each gap knows everything, whatever the proxy cuts", arguments: 1...2)
  func cuts(seed: Int) async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy(seed: UInt64(seed))
    let name = try await server.newDatabase()
    let writer = try await Database.open(RelationalConfiguration(uri: server.uri(name)))
    try await writer.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
    let listening = try await Database.open(RelationalConfiguration(uri: server.uri(name, through: proxy)))

    let total = 300 * rounds
    let gaps = Counter()
    let reader = Task { () async throws -> Set<Int64> in
      var known: Set<Int64> = []
      for await event in listening.listen("entries") {
        switch event {
        case .gap:
          gaps.increment()
          // What was missed is read from the table; only what was told or read counts as known.
          known.formUnion(try await writer.query(Statement<Int64>("entries", "SELECT id FROM entry")))
        case .notification(let payload): known.insert(Int64(payload) ?? -1)
        }
        if known.count == total { break }
      }
      return known
    }
    var random = SeededRandom(seed: UInt64(seed))
    #expect(try await eventually { gaps.value == 1 })
    var before = (connections: 0, gaps: 0)
    for id in 1...total {
      if id % 30 == 0 {
        before = (proxy.connectionCount, gaps.value)
        let length = Int.random(in: 0...250, using: &random)
        proxy.set(.init(cutAfter: length, ending: .random(using: &random)), .toClient)
      }
      if id % 30 == 15, id > 30 {
        // The notifications since the cut was set are longer than it allows, so another connection is tried.
        #expect(try await eventually { proxy.connectionCount > before.connections })
        proxy.pass()
        #expect(try await eventually { gaps.value > before.gaps })
      }
      try await writer.withTransaction { transaction in
        try await transaction.execute(Statement<NoRow>("add", "INSERT INTO entry VALUES ($1)"), Int64(id))
        try await transaction.notify("entries", Notice(id))
      }
    }
    proxy.pass()
    let known = try await within(.seconds(30)) { try await reader.value }
    #expect(known == Set((1...total).map(Int64.init)))
    #expect(gaps.value >= total / 30)
    await listening.close()
    await writer.close()
    proxy.stop()
  }

  @Test("L2: a listening connection whose other end has vanished is found within two keepalives")
  func vanished() async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    let name = try await server.newDatabase()
    var configuration = RelationalConfiguration(uri: server.uri(name, through: proxy))
    configuration.listenKeepAlive = .milliseconds(200)
    let database = try await Database.open(configuration)
    var events = database.listen("wanted").makeAsyncIterator()
    #expect(await events.next() == .gap)
    // A quiet connection that is well lives on over many keepalives.
    let before = proxy.connectionCount
    try await Task.sleep(for: .seconds(1))
    #expect(proxy.connectionCount == before)

    proxy.blackhole()
    let lostAt = ContinuousClock.now
    #expect(try await eventually { proxy.connectionCount > before })
    // Two keepalives, and room for a busy machine.
    #expect(ContinuousClock.now - lostAt < .seconds(2))
    proxy.pass()
    #expect(await events.next() == .gap)
    try await server.run("NOTIFY wanted, 'after'", in: name)
    #expect(await events.next() == .notification(payload: "after"))
    await database.close()
    proxy.stop()
  }

  @Test("L3: a notice cannot be longer than PostgreSQL takes, and says where to look")
  func length() async throws {
    #expect(Notice(text: String(repeating: "界", count: 67)) == nil)
    #expect(Notice(text: String(repeating: "x", count: 201)) == nil)
    #expect(Notice(text: "a\0b") == nil)
    let longest = try #require(Notice(text: String(repeating: "x", count: 200)))
    try await withDatabase { database in
      var events = database.listen("wanted").makeAsyncIterator()
      #expect(await events.next() == .gap)
      try await database.notify("wanted", longest)
      #expect(await events.next() == .notification(payload: longest.text))
      try await database.notify("wanted", Notice(Int64.min))
      #expect(await events.next() == .notification(payload: "-9223372036854775808"))
      try await database.notify("wanted")
      #expect(await events.next() == .notification(payload: ""))
    }
  }

  @Test("L3: a storm of equal notices reaches a slow reader as a few, and a transaction tells an equal one once")
  func storm() async throws {
    try await withDatabase { database in
      let events = database.listen("wanted")
      var iterator = events.makeAsyncIterator()
      #expect(await iterator.next() == .gap)
      try await database.withTransaction { (transaction) async throws in
        for _ in 0..<50 { try await transaction.notify("wanted", Notice(1)) }
      }
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for number in 0..<50 {
              #expect(await failure { try await database.notify("wanted", Notice(number % 2)) } == nil)
            }
          }
        }
      }
      try await database.notify("wanted", Notice(99))
      var heard: [Database.Notification] = []
      while heard.last != .notification(payload: "99"), let next = await iterator.next() { heard.append(next) }
      #expect(Set(heard) == [.notification(payload: "0"), .notification(payload: "1"), .notification(payload: "99")])
      // 401 were told; the reader looked late, and equal ones that came meanwhile were one.
      #expect(heard.count < 50)
    }
  }

  @Test("L1: a reader that is too slow finds a gap in place of what it missed")
  func slowReader() async throws {
    try await withDatabase { database in
      var events = database.listen("wanted").makeAsyncIterator()
      #expect(await events.next() == .gap)
      try await database.withTransaction { (transaction) async throws in
        try await transaction.execute(
          Statement<NoRow>("many", "SELECT pg_notify('wanted', n::text) FROM generate_series(1, 3000) AS n"))
      }
      try await database.notify("wanted", Notice(-1))
      var heard: [Database.Notification] = []
      while heard.last != .notification(payload: "-1"), let next = await events.next() { heard.append(next) }
      #expect(heard.contains(.gap))
      #expect(heard.count < 3000)
    }
  }

  @Test("L1: many come and go on one channel, and whoever is there hears what is notified")
  func comeAndGo() async throws {
    try await withDatabase { (database) async throws in
      await withTaskGroup { group in
        for _ in 0..<20 {
          group.addTask {
            for _ in 0..<10 {
              var events = database.listen("wanted").makeAsyncIterator()
              #expect(await events.next() == .gap)
              #expect(await failure { try await database.notify("wanted", .something) } == nil)
              #expect(await events.next() == .notification(payload: ""))
            }
          }
        }
      }
      let listening = Statement<Int64>(
        "listening",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ~ '^(UN)?LISTEN'")
      #expect(try await eventually { try await database.first(listening) == 0 })
    }
  }
}

extension FaultProxy.Ending {
  static func random(using random: inout SeededRandom) -> Self { Bool.random(using: &random) ? .reset : .finish }
}
