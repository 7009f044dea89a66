import Foundation

extension BenchmarkReport {
  /// The report as a plain text table for people: figures, then ratios with their goals.
  public func table() -> String {
    var rows = [["", "value", "unit", "min–max", "p50 ms", "p95 ms", "p99 ms", "CPU µs", "errors"]]
    for figure in figures {
      rows.append([
        figure.name, Self.number(figure.value), figure.unit,
        figure.spread.map { "\(Self.number($0.min))–\(Self.number($0.max))" } ?? "", Self.milliseconds(figure.p50),
        Self.milliseconds(figure.p95), Self.milliseconds(figure.p99), figure.cpu.map(Self.number) ?? "",
        String(figure.errors),
      ])
    }
    var lines = [
      "\(bench) \(version), seed \(seed), \(machine.cores) cores, \(Self.number(machine.memory)) GiB, \(machine.cpu)",
      settings.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.text($0.value))" }.joined(separator: " "),
    ]
    lines += Self.aligned(rows)
    for ratio in ratios {
      let mark = ratio.holds ? "holds" : "FAILS"
      lines.append("\(mark)  \(ratio.name): \(Self.number(ratio.value)), goal \(Self.number(ratio.goal))")
    }
    for figure in figures { figure.failure.map { lines.append("FAILED  \(figure.name): \($0)") } }
    return lines.joined(separator: "\n")
  }

  /// Columns under each other: names to the left, everything else to the right. One that nobody fills is left out.
  private static func aligned(_ all: [[String]]) -> [String] {
    let spread = 3
    let isSpread = all.dropFirst().contains { !$0[spread].isEmpty }
    let rows = isSpread ? all : all.map { row in Array(row[..<spread] + row[(spread + 1)...]) }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 || column == 2 ? row[column] + gap : gap + row[column]
      }.joined(separator: "  ").replacingOccurrences(of: " +$", with: "", options: .regularExpression)
    }
  }

  /// People compare milliseconds; the JSON keeps microseconds.
  private static func milliseconds(_ microseconds: Int?) -> String {
    microseconds.map { String(format: "%.2f", Double($0) / 1000) } ?? ""
  }

  /// About three digits: more would pretend to be exact.
  private static func number(_ value: Double) -> String {
    String(format: abs(value) >= 100 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.2f", value)
  }

  /// Whole numbers without a fraction: `users=100`.
  private static func text(_ setting: Setting) -> String {
    switch setting {
    case .number(let number): number == number.rounded() ? String(format: "%.0f", number) : String(number)
    case .text(let text): text
    case .flag(let flag): String(flag)
    }
  }
}
