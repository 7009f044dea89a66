import Foundation
import Kernel
import Relational
import TestSupport
import Testing

@Suite("Nothing blocks the cooperative pool")
struct CooperativePoolTests {
  @Test("I4: with one thread left for all tasks everything finishes, while connecting and cancelling get no answer")
  func oneThread() async throws {
    let server = try await TestStores.postgres()
    let parked = Parking()
    await parked.fill()
    defer { parked.empty() }
    let silent = try await server.proxy()
    silent.blackhole()
    // Connecting to a proxy that is silent and to a name that does not exist goes on all the time.
    let waiting = [server.uri("postgres", through: silent), "postgresql://haiju@nowhere.invalid/none"].map { uri in
      let configuration = RelationalConfiguration(uri: uri, acquireTimeout: .seconds(3))
      return Task { await failure { _ = try await Database.open(configuration) } }
    }
    try await within(.seconds(40)) {
      try await withDatabase(poolSize: 2, statementTimeout: .seconds(10)) { (database) async throws in
        try await database.arrange("CREATE TABLE entry (id int8)")
        let shared = Statement<Int64>("pool.shared", lane: .shared, "SELECT $1")
        let add = Statement<NoRow>("pool.add", "INSERT INTO entry VALUES ($1)")
        try await withThrowingTaskGroup { group in
          for number in 0..<100 {
            group.addTask { () async throws in
              #expect(try await database.first(shared, Int64(number)) == Int64(number))
              try await database.withTransaction { _ = try await $0.execute(add, Int64(number)) }
            }
          }
          try await group.waitForAll()
        }
        #expect(try await database.number("SELECT count(*) FROM entry") == 100)
        let sleeping = Task {
          await failure { try await database.execute(Statement<NoRow>("pool.sleep", "SELECT FROM pg_sleep(60)")) }
        }
        try await Task.sleep(for: .milliseconds(50))
        sleeping.cancel()
        #expect(await sleeping.value?.code == .cancelled)
        let rows = CopyStatement("pool.copy", table: "entry", columns: ["id"])
        let count = try await database.withTransaction { transaction in
          try await transaction.copyIn(rows, 0..<50_000) { number, row in row.append(Int64(number)) }
        }
        #expect(count == 50_000)
      }
    }
    for call in waiting { #expect(try await within(.seconds(20)) { await call.value }?.code == .unavailable) }
    silent.stop()
  }
}

/// Holds all threads of the cooperative pool but one.
private final class Parking: Sendable {
  private let gate = DispatchSemaphore(value: 0)
  private let count = max(1, ProcessInfo.processInfo.activeProcessorCount) - 1
  private let arrived = Counter()

  func fill() async {
    for _ in 0..<count {
      Task.detached { [self] in
        arrived.increment()
        park()
      }
    }
    while arrived.value < count { await Task.yield() }
  }

  /// The very thing that nobody else may do.
  private func park() { gate.wait() }

  func empty() { for _ in 0..<count { gate.signal() } }
}
