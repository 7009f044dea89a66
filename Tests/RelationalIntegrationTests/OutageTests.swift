import Kernel
import Relational
import TestSupport
import Testing

@Suite("PostgreSQL goes away and comes back")
struct OutageTests {
  private static let one = Statement<Int32>("one", "SELECT 1")
  private static let shared = Statement<Int32>("shared.one", lane: .shared, "SELECT 1")

  @Test("Calls fail within their deadline while it is away, and work again when it is back", arguments: [false, true])
  func restart(abruptly: Bool) async throws {
    let server = try await TempPostgres.start()
    let uri = try await server.freshDatabase(over: abruptly ? .tcp : .socket)
    let database = try await Database.open(
      RelationalConfiguration(uri: uri, poolSize: 3, acquireTimeout: .seconds(2)))
    #expect(try await database.first(Self.one) == 1)
    #expect(try await database.first(Self.shared) == 1)
    let underway = Task {
      await failure { try await database.execute(Statement<NoRow>("sleep", "SELECT FROM pg_sleep(60)")) }
    }
    #expect(try await eventually { database.statistics.leased == 1 })
    if abruptly { await server.kill() } else { await server.stop() }
    #expect(await underway.value?.code == .unavailable)

    for statement in [Self.one, Self.shared] {
      let start = ContinuousClock.now
      let error = await failure { _ = try await database.query(statement) }
      #expect(error?.code == .unavailable && error?.isTransient == true)
      #expect(ContinuousClock.now - start < .seconds(10))
    }
    let inTransaction = await failure { try await database.withTransaction { _ = try await $0.query(Self.one) } }
    #expect(inTransaction?.code == .unavailable)

    try await server.startAgain()
    #expect(try await eventually(within: .seconds(10)) { (try? await database.first(Self.one)) == 1 })
    #expect(try await eventually(within: .seconds(10)) { (try? await database.first(Self.shared)) == 1 })
    #expect(database.statistics.leased == 0)
    await database.close()
    await server.stop()
  }

  @Test("Opening fails clearly when nothing answers")
  func nothingThere() async throws {
    let port = try FreePort.next()
    let start = ContinuousClock.now
    let error = await failure {
      _ = try await Database.open(
        RelationalConfiguration(uri: "postgresql://haiju@localhost:\(port)/none", acquireTimeout: .milliseconds(500)))
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("\(port)") == true)
    #expect(ContinuousClock.now - start < .seconds(15))
  }

  @Test("Of several hosts the one that answers is used, and host names are resolved")
  func severalHosts() async throws {
    let server = try await TestStores.postgres()
    let uri = try await server.freshDatabase(over: .tcp)
    let dead = try FreePort.next()
    let several = uri.replacing("@127.0.0.1:", with: "@127.0.0.1:\(dead),localhost:")
    let database = try await Database.open(RelationalConfiguration(uri: several))
    #expect(try await database.first(Self.one) == 1)
    await database.close()
  }

  @Test("A server that takes connections and never answers costs no more than the deadline")
  func silence() async throws {
    let server = try await TempPostgres.start()
    let uri = try await server.freshDatabase(over: .tcp)
    await server.pause()
    let start = ContinuousClock.now
    let error = await failure {
      _ = try await Database.open(RelationalConfiguration(uri: uri, acquireTimeout: .milliseconds(500)))
    }
    #expect(error?.code == .unavailable || error?.code == .acquireTimeout)
    #expect(ContinuousClock.now - start < .seconds(15))
    await server.resume()
    await server.stop()
  }

  @Test("A backend that was ended is noticed while idle, so the next call does not meet it")
  func idleLoss() async throws {
    try await withDatabase(poolSize: 2) { database in
      let name = try await database.first(Statement<String>("db", "SELECT current_database()")) ?? ""
      try await TestStores.postgres().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
      #expect(try await eventually { database.statistics.idle == 0 })
      #expect(try await database.first(Self.one) == 1)
    }
  }
}
