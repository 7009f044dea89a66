import Kernel
import Relational
import TestSupport
import Testing

@Suite("LISTEN")
struct ListenTests {
  @Test("A notification arrives after the first gap, on its channel only")
  func arrives() async throws {
    try await withDatabase { database in
      var wanted = database.listen("wanted").makeAsyncIterator()
      var other = database.listen("Other \"Channel\"").makeAsyncIterator()
      #expect(await wanted.next() == .gap)
      #expect(await other.next() == .gap)
      try await database.notify("Other \"Channel\"", try #require(Notice(text: "for the other")))
      try await database.notify("wanted", try #require(Notice(text: "编号 42")))
      #expect(await wanted.next() == .notification(payload: "编号 42"))
      #expect(await other.next() == .notification(payload: "for the other"))
    }
  }

  @Test("A lost connection is replaced, and a gap says so")
  func gap() async throws {
    try await withDatabase { database in
      var events = database.listen("wanted").makeAsyncIterator()
      #expect(await events.next() == .gap)
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      try await TestStores.postgres().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND query LIKE 'LISTEN%'")
      #expect(await events.next() == .gap)
      try await database.notify("wanted", try #require(Notice(text: "again")))
      #expect(await events.next() == .notification(payload: "again"))
    }
  }

  @Test("Nobody listening, nothing connected")
  func ends() async throws {
    try await withDatabase { (database) async throws in
      let reader = Task {
        for await event in database.listen("wanted") where event == .gap { break }
      }
      await reader.value
      let listening = Statement<Int64>(
        "listening",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
      #expect(try await eventually { try await database.first(listening) == 0 })
    }
  }

  @Test("Closing the database ends the stream")
  func closing() async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    let database = try await Database.open(RelationalConfiguration(uri: uri))
    var events = database.listen("wanted").makeAsyncIterator()
    #expect(await events.next() == .gap)
    await database.close()
    #expect(await events.next() == nil)
  }
}
