import Kernel
import Relational
import TestSupport
import Testing

@Suite("PostgreSQL is away for long, or for good")
struct BreakerTests {
  private static let one = Statement<Int32>("one", "SELECT 1")
  private static let shared = Statement<Int32>("shared.one", lane: .shared, "SELECT 1")

  @Test("P7: after the first failures calls are refused at once with the reason, and work again soon after it is back")
  func refusedAtOnce() async throws {
    let server = try await TempPostgres.start()
    let uri = try await server.freshDatabase(over: .tcp)
    // Whoever waited for the deadline would exceed every bound below.
    let database = try await Database.open(
      RelationalConfiguration(uri: uri, poolSize: 3, acquireTimeout: .seconds(60)))
    #expect(try await database.first(Self.shared) == 1)
    await server.stop()
    let start = ContinuousClock.now
    for statement in [Self.one, Self.shared] {
      for answer in await outcomes(100, { _ in try await database.first(statement) }) {
        guard case .failure(let error as RelationalError) = answer else {
          Issue.record("an answer from nowhere")
          continue
        }
        #expect(error.code == .unavailable && error.isTransient)
        #expect(error.message.contains("\(server.port)"), "\(error)")
      }
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(database.statistics.waiting == 0)
    try await server.startAgain()
    #expect(try await eventually(within: .seconds(10)) { (try? await database.first(Self.one)) == 1 })
    #expect(try await eventually(within: .seconds(10)) { (try? await database.first(Self.shared)) == 1 })
    await database.close()
    await server.stop()
  }

  @Test("P7: however many call, attempts to connect stay few")
  func damped() async throws {
    let dead = try FreePort.next()
    let proxy = try FaultProxy(to: .port(dead))
    defer { proxy.stop() }
    let uri = "postgresql://haiju@127.0.0.1:\(proxy.port)/none"
    let opening = Task {
      await failure { _ = try await Database.open(RelationalConfiguration(uri: uri, acquireTimeout: .seconds(3))) }
    }
    #expect(await opening.value?.code == .unavailable)
    // 25–50, 50–100, … ms between them: three seconds hold nine at most.
    #expect((3...9).contains(proxy.connectionCount), "\(proxy.connectionCount)")

    let server = try await TempPostgres.start()
    let front = try await server.proxy()
    defer { front.stop() }
    let database = try await Database.open(
      RelationalConfiguration(uri: try await server.freshDatabase(through: front), poolSize: 8))
    await server.stop()
    let before = front.connectionCount
    let deadline = Deadline.after(.seconds(2))
    var refused = 0
    while !deadline.hasPassed {
      refused += await outcomes(50) { _ in try await database.first(Self.one) }.count
    }
    #expect(refused >= 500)
    #expect(front.connectionCount - before <= 16, "\(front.connectionCount - before) attempts for \(refused) calls")
    await database.close()
  }

  @Test("P9: closing ends in time with statements under way on a server that went silent, and connects no more")
  func closing() async throws {
    let server = try await TempPostgres.start()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    let database = try await Database.open(RelationalConfiguration(uri: uri, poolSize: 2))
    #expect(try await database.first(Self.shared) == 1)
    let sleep = Statement<NoRow>("sleep", "SELECT FROM pg_sleep(60)")
    let running = (0..<2).map { _ in Task { await failure { try await database.execute(sleep) } } }
    #expect(try await eventually { database.statistics.leased == 2 })
    let waiting = (0..<5).map { _ in Task { await failure { _ = try await database.first(Self.one) } } }
    #expect(try await eventually { database.statistics.waiting == 5 })
    proxy.blackhole()
    let start = ContinuousClock.now
    async let again: Void = database.close()
    await database.close()
    await again
    #expect(ContinuousClock.now - start < .seconds(12))
    for task in waiting { #expect(await task.value?.code == .closed) }
    for task in running { #expect([.closed, .unavailable].contains(await task.value?.code)) }
    let connections = proxy.connectionCount
    proxy.pass()
    for statement in [Self.one, Self.shared] {
      #expect(await failure { _ = try await database.first(statement) }?.code == .closed)
    }
    #expect(await failure { try await database.withTransaction { _ = try await $0.first(Self.one) } }?.code == .closed)
    #expect(await failure { try await database.withAdvisoryLock(AdvisoryLockKey(name: "x")) {} }?.code == .closed)
    try await Task.sleep(for: .milliseconds(500))
    #expect(proxy.connectionCount == connections)
    await database.close()
    await server.stop()
  }

  @Test("P9: closing while connections are on their way to a silent server ends at once and leaves none")
  func closingWhileConnecting() async throws {
    let server = try await TempPostgres.start()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    let database = try await Database.open(
      RelationalConfiguration(uri: uri, poolSize: 4, acquireTimeout: .seconds(30)))
    let nap = Statement<NoRow>("nap", "SELECT FROM pg_sleep(0.5)")
    async let last: Void = { _ = try? await database.execute(nap) }()
    #expect(try await eventually { database.statistics.leased == 1 })
    proxy.set(.init(isPaused: true))
    let calls = (0..<3).map { _ in Task { await failure { _ = try await database.first(Self.one) } } }
    #expect(try await eventually { proxy.connectionCount == 4 })
    await database.close()
    for call in calls { #expect(await call.value?.code == .closed) }
    await last
    // What is held back hides from the proxy that its clients have left.
    proxy.pass()
    #expect(try await eventually { proxy.openCount == 0 })
    #expect(proxy.connectionCount == 4)
    await server.stop()
  }

  @Test("P9: a database that is being opened while its server is silent gives up at the deadline")
  func openingInVain() async throws {
    let server = try await TempPostgres.start()
    let proxy = try await server.proxy()
    defer { proxy.stop() }
    let uri = try await server.freshDatabase(through: proxy)
    proxy.blackhole()
    let error = await failure {
      _ = try await Database.open(RelationalConfiguration(uri: uri, acquireTimeout: .seconds(1)))
    }
    #expect(error?.code == .unavailable)
    #expect(try await eventually { proxy.openCount == 0 })
    await server.stop()
  }
}
