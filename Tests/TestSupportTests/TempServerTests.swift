import TestSupport
import Testing

@Suite("Servers for tests")
struct TempServerTests {
  @Test("The bouncer pools transactions: what one client leaves in its session, another meets")
  func bouncer() async throws {
    let server = try await TestStores.postgres()
    let database = try await server.newDatabase()
    let bouncer = try await TempPgBouncer.start(for: server, poolSize: 1)
    try await server.run("PREPARE left_behind AS SELECT 42", at: bouncer.uri(database))
    #expect(try await server.run("EXECUTE left_behind", at: bouncer.uri(database)) == "42")
    #expect(try await server.run("SELECT current_user", at: bouncer.uri(database)) == TempPostgres.role)
    let start = ContinuousClock.now
    await bouncer.stop()
    // Not killed after the patience of ten seconds: it hears the signal.
    #expect(ContinuousClock.now - start < .seconds(9))
    await #expect(throws: (any Error).self) { try await server.run("SELECT 1", at: bouncer.uri(database)) }
  }

  @Test("A server is reached through a proxy over its port and over its socket")
  func proxies() async throws {
    let server = try await TestStores.postgres()
    for transport in [TempPostgres.Transport.tcp, .socket] {
      let proxy = try await server.proxy(over: transport)
      let uri = try await server.freshDatabase(through: proxy)
      #expect(try await server.run("SELECT 7", at: uri) == "7")
      #expect(proxy.connectionCount == 1)
      proxy.stop()
    }
  }
}
