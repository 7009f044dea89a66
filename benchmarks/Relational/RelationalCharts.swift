public import BenchmarkReports
import Foundation

/// The charts of a relational report.
public struct RelationalCharts: Sendable {
  private let report: BenchmarkReport

  /// Charts of a report, which may have been read back from JSON.
  public init(_ report: BenchmarkReport) { self.report = report }

  /// One SVG document: point reads for each number of tasks and each way to the server, then the other parts.
  public func svg() -> String {
    ChartPage(
      title: "海聚 Haiju \(report.version) · PostgreSQL 读写性能 Relational benchmark", lines: lines,
      panels: pointPanels + otherPanels, ratios: report.ratios
    ).svg()
  }

  private var lines: [String] {
    let cores = report.machine.cores
    return [
      "\(report.machine.cpu)，\(cores) 核 cores，\(SVG.short(report.machine.memory)) GiB · "
        + "PostgreSQL \(setting("postgresql_server_version")) · \(setting("rows")) 行 rows",
      "各方轮流测量 \(setting("rounds")) 轮、每轮 \(setting("seconds")) 秒，取中位数 medians of alternating rounds；"
        + "客户端与服务器同机 clients and server share the machine",
    ]
  }

  // MARK: Point reads

  private var pointPanels: [BarChart] {
    var crowds: [Int: [String: [BenchmarkReport.Figure]]] = [:]
    for figure in report.figures where figure.unit == "reads/s" {
      let name = FigureName(figure.name)
      guard let tasks = name["tasks"] ?? name["clients"], let transport = name.transport, !name.isNeighbour else {
        continue
      }
      // pgbench's few clients belong to the crowd with which they were measured.
      let place = name["clients"] != nil && !tasksMeasured.contains(tasks) ? crowd : tasks
      crowds[place, default: [:]][transport, default: []].append(figure)
    }
    return crowds.sorted { $0.key < $1.key }.flatMap { tasks, ways in
      ways.sorted { $0.key < $1.key }.map { way, figures in
        BarChart(
          title: "按主键读一行 · \(tasks) 个并发 · \(Self.wayInChinese(way))",
          subtitle: "Point reads by key, \(tasks) at once, \(way) · reads/s · p50/p99 ms",
          bars: figures.sorted { $0.value > $1.value }.map(bar))
      }
    }
  }

  private var crowd: Int {
    if case .number(let crowd) = report.settings["crowd"] { Int(crowd) } else { 100 }
  }

  private var tasksMeasured: Set<Int> {
    Set(report.figures.filter { $0.name.hasPrefix("find/") }.compactMap { FigureName($0.name)["tasks"] })
  }

  private static func wayInChinese(_ way: String) -> String {
    switch way {
    case "socket": "套接字"
    case "tcp": "TCP"
    default: "指定地址"
    }
  }

  // MARK: The rest

  private var otherPanels: [BarChart] {
    [
      panel("list", "列表 50 行", "Lists of 50 typed rows · rows/s · p50/p99 ms"),
      panel("neighbour", "慢语句旁的读取", "Point reads beside a slow statement · reads/s · p50/p99 ms"),
      panel("write", "三条写语句的事务", "Transactions of three writes, durable · transactions/s · p50/p99 ms"),
      panel("copy", "批量写入 COPY", "COPY in, binary · rows/s"),
    ].compactMap { $0 }
  }

  private func panel(_ part: String, _ title: String, _ subtitle: String) -> BarChart? {
    let figures = report.figures.filter { $0.name.hasPrefix(part + "/") }
    return figures.isEmpty ? nil : BarChart(title: title, subtitle: subtitle, bars: figures.map(bar))
  }

  private func bar(_ figure: BenchmarkReport.Figure) -> BarChart.Bar {
    let name = FigureName(figure.name)
    var note = ""
    if let p50 = figure.p50, let p99 = figure.p99 {
      note = "\(SVG.short(Double(p50) / 1000)) / \(SVG.short(Double(p99) / 1000))"
    }
    return BarChart.Bar(
      name.label, value: figure.value, note: note, kind: name.kind, isFailed: figure.failure != nil)
  }

  private func setting(_ name: String) -> String {
    switch report.settings[name] {
    case .text(let text): text
    case .number(let number): SVG.grouped(number)
    case .flag(let flag): "\(flag)"
    case nil: "?"
    }
  }
}

/// What a figure's name says: `pgbench/clients=100/socket`.
private struct FigureName {
  private let words: [Substring]

  init(_ name: String) { words = name.split(separator: "/") }

  /// The number in `key=number`.
  subscript(key: String) -> Int? {
    words.lazy.compactMap { $0.hasPrefix(key + "=") ? Int($0.dropFirst(key.count + 1)) : nil }.first
  }

  var transport: String? { words.last.flatMap { ["socket", "tcp", "given"].contains($0) ? String($0) : nil } }
  var isNeighbour: Bool { words.first == "neighbour" }

  var kind: BarChart.Kind {
    if words.contains("floor") { return .floor }
    return words.contains { ["pgbench", "asyncpg", "psycopg", "psql"].contains($0) } ? .peer : .ours
  }

  /// What tells one bar from the next in its panel.
  var label: String {
    let plain = words.filter { !$0.contains("=") && String($0) != transport }
    let parts = plain.count > 1 ? plain.dropFirst() : plain[...]
    let counts = words.filter { $0.hasPrefix("clients=") || $0.hasPrefix("pool=") || $0.hasPrefix("rows=") }
    return (parts.map { Self.labels[String($0)] ?? String($0) } + counts.map(String.init)).joined(separator: " ")
  }

  /// Words for people; programs keep their own names.
  private static let labels = [
    "find": "find 逐条 each", "find-together": "find 合并 together", "find-elsewhere": "find 别的线程 elsewhere",
    "floor": "libpq 下限 floor", "list": "list 类型化 typed", "transaction": "事务 transaction", "batch": "批 batch",
    "none": "无 none", "waiting": "等待 waiting", "computing": "计算 computing",
  ]
}
