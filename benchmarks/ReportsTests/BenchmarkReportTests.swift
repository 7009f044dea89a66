import BenchmarkReports
import Foundation
import Testing

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
