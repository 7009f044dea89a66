import Foundation
import Testing

@testable import BenchmarkScenarios

@Suite("A load run")
struct LoadRunTests {
  @Test("Every operation counts once: done or failed by kind, and only while it is possible")
  func counting() async throws {
    try await withServer { target in
      let scenario = LoadScenario(
        name: "mixed", prepare: { try await $0.send(.get, "/cookie") },
        operations: [
          LoadOperation("read", weight: 3) { try await $0.send(.get, "/who") },
          LoadOperation("break") { try await $0.send(.get, "/broken") },
          LoadOperation("never", weight: 100, when: { $0["ready"] != nil }) { try await $0.send(.get, "/who") },
        ])
      let run = LoadRun(scenario, against: target, settings: .init(users: 10, duration: .milliseconds(700)))
      let outcome = await run.run()
      let (read, broken, never) = (outcome.operations[0], outcome.operations[1], outcome.operations[2])
      #expect(outcome.prepare.done == 10)
      #expect(read.done > 0 && read.errors == 0)
      #expect(broken.done == 0 && broken.failures == ["status 500": broken.errors] && broken.errors > 0)
      #expect(never.done == 0 && never.errors == 0)
      // Each operation here is one request.
      #expect(outcome.total.done + outcome.total.errors == outcome.requests)
      #expect(outcome.elapsed >= .milliseconds(700))
      #expect(outcome.failures.map(\.kind) == ["status 500"])
    }
  }

  @Test("Users who cannot prepare take no part and are reported")
  func preparing() async throws {
    try await withServer { target in
      let scenario = LoadScenario(
        name: "half", prepare: { try await $0.send(.get, $0.index.isMultiple(of: 2) ? "/cookie" : "/broken") },
        operations: [LoadOperation("read") { try await $0.send(.get, "/who") }])
      let run = LoadRun(scenario, against: target, settings: .init(users: 20, duration: .milliseconds(100)))
      let outcome = await run.run()
      #expect(outcome.prepare.done == 10)
      #expect(outcome.prepare.failures == ["status 500": 10])
    }
  }

  @Test("A server that is away gives errors, not a hot loop")
  func away() async throws {
    let run = LoadRun(
      .reading(["/a"]), against: LoadTarget(port: 1), settings: .init(users: 2, duration: .milliseconds(500)))
    let outcome = await run.run()
    #expect(outcome.total.done == 0)
    // Two users, half a second, a pause of 50 ms after each failure: about twenty.
    #expect((1...40).contains(outcome.total.errors))
    #expect(outcome.total.microseconds(50) == nil)
  }

  @Test("Weights decide how often an operation is chosen, the seed which one comes when")
  func choosing() {
    let scenario = LoadScenario(
      name: "weights", operations: [LoadOperation("a", weight: 3) { _ in }, LoadOperation("b") { _ in }])
    func choices(seed: UInt64, user: Int) -> [Int] {
      let user = LoadUser(index: user, client: LoadClient(LoadTarget(port: 1)), seed: seed)
      return (0..<4000).compactMap { _ in scenario.next(for: user) }
    }
    let first = choices(seed: 7, user: 0)
    #expect(first.count == 4000)
    #expect((2800...3200).contains(first.count { $0 == 0 }))
    #expect(first == choices(seed: 7, user: 0))
    #expect(first != choices(seed: 7, user: 1))
    #expect(first != choices(seed: 8, user: 0))
  }
}
