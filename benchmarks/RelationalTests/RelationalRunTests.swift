import BenchmarkReports
import Foundation
import FoundationXML
import Testing

@testable import RelationalBenchmark

@Suite("The relational benchmark", .serialized)
struct RelationalRunTests {
  /// Small enough for a test; what is fast on such a scale says nothing.
  private var settings: RelationalBenchmarkSettings {
    var settings = RelationalBenchmarkSettings()
    (settings.seconds, settings.rounds, settings.rows) = (0.2, 1, 10_000)
    (settings.tasks, settings.crowd) = ([1, 8], 8)
    settings.peers = true
    return settings
  }

  @Test("Its short form measures every part without an error, and reports each figure and goal once")
  func shortForm() async throws {
    var settings = settings
    settings.peerPrograms = [.pgbench]
    let report = try await RelationalRun(settings).run(version: "test")
    for figure in report.figures {
      #expect(figure.failure == nil && figure.errors == 0, "\(figure.name): \(figure.failure ?? "")")
      #expect(figure.value > 0 || figure.unit == "MiB", "\(figure.name)")
      #expect(
        figure.unit != "reads/s" || (figure.p50 != nil && figure.p99 != nil && figure.cpu != nil), "\(figure.name)")
    }
    let names = report.figures.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.filter { $0.hasPrefix("pgbench/") }.count == 2 * (2 + 3), "two ways, 1 and 8 clients, 4, 16 and 20")
    for way in ["socket", "tcp"] {
      for tasks in [1, 8] {
        for who in ["find", "find-together", "find-elsewhere", "floor"] {
          #expect(names.contains("\(who)/tasks=\(tasks)/\(way)"))
        }
      }
    }
    for name in [
      "list/tasks=8/socket", "neighbour/none/tasks=8/socket", "neighbour/waiting/tasks=8/socket",
      "neighbour/computing/tasks=8/socket", "write/transaction/pool=8/tasks=8/socket",
      "write/batch/pool=8/tasks=8/socket", "write/pgbench/clients=8/socket", "copy/rows=10000", "copy/psql/rows=10000",
      "copy/rows=100000", "memory/copy/rows=100000",
    ] {
      #expect(names.contains(name))
    }
    #expect(Set(report.ratios.map(\.name)).count == report.ratios.count)
    #expect(Set(report.ratios.map(\.goal)).isSuperset(of: [5, 2.5, 10, 0.7, 1, 0.9, 2, 64]))

    let object = try #require(try JSONSerialization.jsonObject(with: report.json()) as? [String: Any])
    #expect(Set(object.keys) == ["bench", "version", "machine", "seed", "settings", "figures", "ratios"])
    #expect(object["bench"] as? String == "relational")
    #expect(try JSONDecoder().decode(BenchmarkReport.self, from: report.json()) == report)
  }

  @Test("A peer that cannot run is a figure with its failure, and its goals do not hold")
  func missingPeer() async throws {
    var settings = settings
    settings.parts = [.list]
    settings.tools = "/nowhere"
    let report = try await RelationalRun(settings).run(version: "test")
    let peers = report.figures.filter { $0.name.contains("asyncpg") }
    #expect(peers.count == 3)
    #expect(peers.allSatisfy { $0.failure != nil && $0.errors > 0 })
    #expect(report.figures.filter { $0.failure == nil }.map(\.name) == ["list/tasks=8/socket"])
    #expect(report.ratios.map(\.holds) == [false])
    #expect(report.table().contains("FAILED  list/asyncpg/pool=4"))
  }
}

@Suite("What the relational benchmark computes")
struct RelationalArithmeticTests {
  @Test("Rounds alternate, medians are reported with their spread, and who began ends in the next round")
  func rounds() async throws {
    let calls = Calls()
    let board = Scoreboard(rounds: 3, progress: { _ in })
    await board.alternate(
      ["a", "b"].map { name in
        Contender(name, unit: "reads/s") { await calls.next(name) }
      })
    #expect(await calls.names == ["a", "b", "b", "a", "a", "b"])
    let figure = try #require(await board.figure("a"))
    #expect(figure.value == 4 && figure.spread == BenchmarkReport.Spread([1, 4, 5]))
    #expect(figure.p99 == 40 && figure.errors == 3)
  }

  @Test("A ratio with a side that was not measured does not hold, whichever way its goal goes")
  func unknownRatios() async {
    let board = Scoreboard(rounds: 1, progress: { _ in })
    await board.alternate([Contender("broken", unit: "reads/s") { throw WrongAnswer() }])
    #expect(await board.figure("broken") == nil)
    await board.ratio("least", board.figure("broken"), to: board.figure("broken"), atLeast: 0)
    await board.ratioOfP99("most", board.figure("broken"), to: board.figure("broken"), atMost: 1)
    await board.limit("limit", board.measured("broken"), atMost: 1)
    #expect(await board.ratios.map(\.holds) == [false, false, false])
  }

  @Test("Medians and percentiles of known values")
  func statistics() {
    #expect(median([]) == nil)
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 2, 3]) == 2.5)
    #expect(percentile(50, of: []) == nil)
    #expect(percentile(99, of: Array(0..<100)) == 99)
    #expect(percentile(50, of: [7]) == 7)
    #expect(rounded(123_456.7) == 123_460 && rounded(0.0123456) == 0.012346 && rounded(0) == 0)
  }

  @Test("Of pgbench's output the warm seconds count, whole intervals by their length")
  func pgbench() throws {
    let output = """
      progress: 1700000001.0 s, 100.0 tps, lat 1.5 ms stddev 1.7, 0 failed
      progress: 1700000002.0 s, 200.0 tps, lat 1.5 ms stddev 1.7, 0 failed
      progress: 1700000004.0 s, 500.0 tps, lat 1.5 ms stddev 1.7, 0 failed
      progress: 1700000006.5 s, 1.0 tps, lat 900.0 ms stddev 1.7, 0 failed
      tps = 250.0 (without initial connection time)
      """
    let steady = try #require(PgbenchOutput.steady(in: output, after: 1, seconds: 2))
    #expect(steady.rate == 400 && steady.window == 1_700_000_001...1_700_000_004)
    #expect(PgbenchOutput.steady(in: output, after: 3, seconds: 9)?.rate == 1)
    #expect(PgbenchOutput.steady(in: output, after: 4, seconds: 1) == nil)
    #expect(PgbenchOutput.steady(in: output, after: 0, seconds: 1) == nil, "a run that has not warmed up")
    let log = PgbenchOutput.log("0 12 345 0 1700000000 250000\n1 7 9 0 1700000001 5\nskipped\n")
    #expect(log.map(\.time) == [345, 9])
    #expect(log.map(\.ended) == [1_700_000_000.25, 1_700_000_001.000005])
  }

  /// Counts up; each sample's p99 is ten times its value.
  private actor Calls {
    private(set) var names: [String] = []
    func next(_ name: String) -> Sample {
      names.append(name)
      return Sample(value: Double(names.count), p99: names.count * 10, errors: 1)
    }
  }
}

@Suite("Charts of the relational benchmark")
struct RelationalChartsTests {
  private let report = BenchmarkReport(
    bench: "relational", version: "0 <1>", machine: MachineFacts(cores: 2, memory: 24, cpu: "test"), seed: 1,
    settings: ["rows": .number(1000), "crowd": .number(100)],
    figures: [
      .init(name: "find/tasks=100/socket", value: 100_000, unit: "reads/s", p50: 900, p99: 2500),
      .init(name: "pgbench/clients=4/socket", value: 50_000, unit: "reads/s", p50: 30, p99: 113),
      .init(name: "psycopg/tasks=100/socket", value: 0, unit: "reads/s", errors: 1, failure: "not there"),
      .init(name: "neighbour/none/tasks=100/socket", value: 99_000, unit: "reads/s", p50: 900, p99: 2500),
      .init(name: "copy/rows=1000", value: 4_000_000, unit: "rows/s"),
    ],
    ratios: [.atLeast(2.5, "find vs pgbench", 2), .atMost(2, "p99", 1.5)])

  @Test("They are one well-formed document with a bar for each figure that was measured and a line for each goal")
  func document() throws {
    let svg = RelationalCharts(report).svg()
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse())
    #expect(svg.components(separatedBy: "height=\"20\" class=").count - 1 == 4, "five figures, one without a measure")
    #expect(svg.contains("100,000") && svg.contains("0.90 / 2.50") && svg.contains("4,000,000"))
    #expect(svg.contains("未能测量 not measured"))
    #expect(svg.contains("100 个并发 · 套接字") && !svg.contains("4 个并发"), "few clients stand beside the crowd")
    #expect(svg.components(separatedBy: "✓ 达到").count == 2 && svg.components(separatedBy: "✗ 未达").count == 2)
  }
}
