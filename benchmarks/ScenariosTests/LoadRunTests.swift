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

@Suite("A benchmark report")
struct BenchmarkReportTests {
  private let report = BenchmarkReport(
    bench: "users", version: "0.1.0", machine: MachineFacts(cores: 2, memory: 24, cpu: "test"), seed: 1,
    settings: ["users": .number(100), "scenario": .text("reading"), "warm": .flag(true)],
    figures: [
      .init(name: "find/tasks=100", value: 61234, unit: "reads/s", p50: 900, p99: 2500, cpu: 9.5, errors: 0),
      .init(name: "size", value: 5.5, unit: "bytes"),
    ],
    ratios: [.atLeast(4, "find vs pgbench c100", 4.5), .atMost(2, "p99 vs p50", 2.75)])

  @Test("Its JSON has exactly the agreed keys, and those that do not apply are left out")
  func json() throws {
    #expect(
      String(decoding: try report.json(), as: UTF8.self) == """
        {"bench":"users","figures":[{"cpu_us":9.5,"errors":0,"name":"find/tasks=100","p50_us":900,"p99_us":2500,\
        "unit":"reads/s","value":61234},{"errors":0,"name":"size","unit":"bytes","value":5.5}],\
        "machine":{"cores":2,"cpu":"test","memory_gib":24},\
        "ratios":[{"goal":4,"holds":true,"name":"find vs pgbench c100","value":4.5},\
        {"goal":2,"holds":false,"name":"p99 vs p50","value":2.75}],\
        "seed":1,"settings":{"scenario":"reading","users":100,"warm":true},"version":"0.1.0"}
        """)
    #expect(try JSONDecoder().decode(BenchmarkReport.self, from: report.json()) == report)
  }

  @Test("Its table has a line for each figure and ratio")
  func table() {
    #expect(
      report.table() == """
        users 0.1.0, seed 1, 2 cores, 24.0 GiB, test
        scenario=reading users=100 warm=true
                        value  unit     p50 ms  p95 ms  p99 ms  CPU µs  errors
        find/tasks=100  61234  reads/s    0.90            2.50    9.50       0
        size             5.50  bytes                                         0
        holds  find vs pgbench c100: 4.50, goal 4.00
        FAILS  p99 vs p50: 2.75, goal 2.00
        """)
  }

  @Test("Facts about this machine are found")
  func machine() {
    let facts = MachineFacts.current()
    #expect(facts.cores > 0 && facts.memory > 0 && !facts.cpu.isEmpty)
  }
}
