import Kernel
import Relational
import TestSupport
import Testing

@Suite("Encrypted connections")
struct TLSTests {
  private func opened(_ uri: String) async -> RelationalError? {
    await failure {
      let configuration = RelationalConfiguration(uri: uri, poolSize: 1, acquireTimeout: .seconds(2))
      await (try Database.open(configuration)).close()
    }
  }

  @Test(
    "The right certificate is accepted by name and by address, in every mode", arguments: ["localhost", "127.0.0.1"])
  func accepted(host: String) async throws {
    let (server, authority) = (try await TestStores.securePostgres(), try await TestStores.certificates().authority)
    let name = try await server.newDatabase()
    for mode in ["require", "verify-ca", "verify-full"] {
      let uri = server.secureURI(name, host: host, mode: mode, authority: authority)
      let database = try await Database.open(RelationalConfiguration(uri: uri))
      let isEncrypted = Statement<Bool>("ssl", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
      #expect(try await database.first(isEncrypted) == true)
      await database.close()
    }
  }

  @Test("An authority that did not sign is refused")
  func strangeAuthority() async throws {
    let (server, certificates) = (try await TestStores.securePostgres(), try await TestStores.certificates())
    let error = await opened(server.secureURI("postgres", authority: certificates.strangeAuthority))
    #expect(error?.code == .unavailable && error?.message.contains("certificate verify failed") == true)
  }

  @Test(
    "Another host's certificate and an expired one are refused",
    arguments: [TestCertificates.Kind.wrongName, .expired])
  func wrongCertificates(kind: TestCertificates.Kind) async throws {
    let server = try await TempPostgres.start(tls: kind)
    let authority = try await TestStores.certificates().authority
    let error = await opened(server.secureURI("postgres", authority: authority))
    #expect(error?.code == .unavailable)
    let reason = kind == .wrongName ? "elsewhere.example" : "certificate verify failed"
    #expect(error?.message.contains(reason) == true)
    // The authority alone does not say whose certificate it is, so this is accepted by name only.
    let byAuthority = await opened(server.secureURI("postgres", mode: "verify-ca", authority: authority))
    #expect(byAuthority?.code == (kind == .wrongName ? nil : .unavailable))
    await server.stop()
  }

  @Test("A server that cannot encrypt is refused when encryption is required")
  func plainServer() async throws {
    let (server, certificates) = (try await TestStores.postgres(), try await TestStores.certificates())
    for mode in ["require", "verify-full"] {
      let error = await opened(server.secureURI("postgres", mode: mode, authority: certificates.authority))
      #expect(error?.code == .unavailable && error?.message.contains("SSL") == true)
    }
  }

  @Test("Reads, a transaction, COPY, cancelling and LISTEN work as over a plain connection")
  func journey() async throws {
    let (proxy, database) = try await Cable.encrypted.connect()
    try await database.arrange("CREATE TABLE entry (id int8 PRIMARY KEY)")
    let copied = try await database.withTransaction { transaction in
      try await transaction.copyIn(CopyStatement("copy", table: "entry", columns: ["id"]), 0..<20_000) { number, row in
        row.append(Int64(number))
      }
    }
    #expect(copied == 20_000)
    let one = Statement<Int64>("entry.one", lane: .shared, "SELECT id FROM entry WHERE id = $1")
    try await withThrowingTaskGroup { group in
      for number in 0..<500 {
        group.addTask { () async throws in #expect(try await database.first(one, Int64(number)) == Int64(number)) }
      }
      try await group.waitForAll()
    }
    var events = database.listen("entries").makeAsyncIterator()
    #expect(await events.next() == .gap)
    try await database.withTransaction { transaction in
      try await transaction.execute(Statement<NoRow>("add", "INSERT INTO entry VALUES (-1)"))
      try await transaction.notify("entries", Notice(-1))
    }
    #expect(await events.next() == .notification(payload: "-1"))

    let sleep = Statement<NoRow>("sleep", "SELECT FROM pg_sleep(60)")
    let sleeping = Task { await failure { try await database.execute(sleep) } }
    let active = Statement<Int64>(
      "active",
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)' "
        + "AND state = 'active' AND pid <> pg_backend_pid()")
    #expect(try await eventually { try await database.first(active) == 1 })
    sleeping.cancel()
    #expect(await sleeping.value?.code == .cancelled)
    #expect(try await eventually { try await database.first(active) == 0 })
    #expect(database.statistics.leased == 0)
    await database.close()
    proxy.stop()
  }
}
