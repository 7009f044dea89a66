import Dispatch
import Kernel
import Synchronization
import TestSupport
import Testing

@testable import Relational

@Suite("Finding a server")
struct ConnectTests {
  private static let one = Statement<Int32>("connect.one", "SELECT 1")
  private static let port = Statement<Int32>("connect.port", lane: .shared, "SELECT inet_server_port()")

  @Test("I3: the socket may change on the way: hosts that refuse, cut or have two addresses come first")
  func severalSockets() async throws {
    let server = try await TestStores.postgres()
    let name = try await server.newDatabase()
    let cutting = try await server.proxy()
    defer { cutting.stop() }
    // After the server has answered something, so that a new socket replaces one that was in the middle of talking.
    cutting.set(.init(cutAfter: 1), .toClient)
    let refusing = try FreePort.next()
    let hosts = "127.0.0.1:\(refusing),127.0.0.1:\(cutting.port),both.test:\(server.port)"
    var configuration = RelationalConfiguration(uri: "postgresql://\(TempPostgres.role)@\(hosts)/\(name)", poolSize: 4)
    configuration.resolver = NameResolver { $0 == "both.test" ? ["::1", "127.0.0.1"] : [] }
    try await withOpen(configuration) { (database) async throws in
      let nap = Statement<NoRow>("connect.nap", "SELECT FROM pg_sleep(0.2)")
      for answer in await outcomes(4, { _ in try await database.execute(nap) }) { _ = try answer.get() }
      #expect(database.statistics.idle == 4)
      #expect(try await database.first(Self.port) == Int32(server.port))
    }
    #expect(cutting.connectionCount >= 5)
  }

  @Test("A host that is silent, as after a power cut, keeps nobody from the next one", arguments: [nil, 1])
  func silentHost(timeout: Int?) async throws {
    let server = try await TestStores.postgres()
    let name = try await server.newDatabase()
    let silent = try await server.proxy()
    defer { silent.stop() }
    silent.blackhole()
    let uri =
      "postgresql://\(TempPostgres.role)@127.0.0.1:\(silent.port),127.0.0.1:\(server.port)/\(name)"
      + (timeout.map { "?connect_timeout=\($0)" } ?? "")
    try await withOpen(RelationalConfiguration(uri: uri, acquireTimeout: .seconds(10))) { (database) async throws in
      #expect(try await database.first(Self.port) == Int32(server.port))
      // One of the pool and four of the shared lane have tried it, each once.
      #expect(silent.connectionCount == 5)
    }
    #expect(try await eventually { silent.openCount == 0 })
  }

  @Test("A socket that is not there is an error that says so")
  func noSocket() async throws {
    let error = await failure {
      _ = try await Database.open(
        RelationalConfiguration(uri: "postgresql:///x?host=/nowhere/at/all", acquireTimeout: .milliseconds(300)))
    }
    #expect(error?.code == .unavailable && error?.message.contains("/nowhere/at/all") == true)
  }

  @Test("I3: many connections that come, change their socket and go at once disturb none that stays")
  func socketsReused() async throws {
    let server = try await TestStores.postgres()
    let name = try await server.newDatabase()
    let refusing = try FreePort.next()
    let hosts = "127.0.0.1:\(refusing),127.0.0.1:\(server.port)"
    let uri = "postgresql://\(TempPostgres.role)@\(hosts)/\(name)"
    try await withOpen(RelationalConfiguration(uri: uri, poolSize: 2)) { (steady) async throws in
      let echo = Statement<Int64>("connect.echo", "SELECT $1")
      let isOver = Mutex(false)
      async let traffic = outcomes(4) { number in
        var count = 0
        while !isOver.withLock({ $0 }) {
          count += 1
          let question = Int64(number * 1_000_000 + count)
          guard try await steady.first(echo, question) == question else { throw ServerProcess.Failure("mixed up") }
        }
        return count
      }
      for round in 0..<10 {
        for answer in await outcomes(
          10,
          { number in
            let database = try await Database.open(RelationalConfiguration(uri: uri, poolSize: 1))
            let question = Int64(round * 100 + number)
            let reply = try await database.first(echo, question)
            await database.close()
            return reply == question
          })
        {
          #expect(try answer.get())
        }
      }
      isOver.withLock { $0 = true }
      for answer in await traffic { #expect(try answer.get() > 0) }
    }
  }

  @Test("I5: a name server that does not answer delays only the connection that asked, and that one to its deadline")
  func slowNames() async throws {
    let server = try await TestStores.postgres()
    let name = try await server.newDatabase()
    let gate = DispatchSemaphore(value: 0)
    let resolver = NameResolver { host in
      if host == "slow.test" {
        gate.wait()
        gate.signal()
      }
      return ["127.0.0.1"]
    }
    func configuration(_ host: String, _ patience: Duration) -> RelationalConfiguration {
      let uri = "postgresql://\(TempPostgres.role)@\(host):\(server.port)/\(name)"
      var configuration = RelationalConfiguration(uri: uri, acquireTimeout: patience)
      configuration.resolver = resolver
      return configuration
    }
    let slow = Task { try await Database.open(configuration("slow.test", .seconds(60))) }
    let hopeless = Task { await failure { _ = try await Database.open(configuration("slow.test", .seconds(1))) } }
    try await withOpen(configuration("quick.test", .seconds(10))) { (database) async throws in
      for _ in 0..<100 { #expect(try await database.first(Self.one) == 1) }
      #expect(try await database.first(Self.port) == Int32(server.port))
    }
    #expect(await hopeless.value?.code == .unavailable)
    gate.signal()
    let database = try await slow.value
    #expect(try await database.first(Self.one) == 1)
    await database.close()
  }

  @Test("A name that nobody knows is an error that says so")
  func unknownName() async throws {
    var configuration = RelationalConfiguration(
      uri: "postgresql://haiju@nobody.test/none", acquireTimeout: .milliseconds(300))
    configuration.resolver = NameResolver { _ in [] }
    let error = await failure { [configuration] in _ = try await Database.open(configuration) }
    #expect(error?.code == .unavailable && error?.message.contains("nobody.test") == true)
  }
}
