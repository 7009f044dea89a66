import Foundation

/// Panels two by two under a heading, and the goals below them, as one SVG document.
public struct ChartPage: Sendable {
  private let title: String
  private let lines: [String]
  private let panels: [BarChart]
  private let ratios: [BenchmarkReport.Ratio]

  /// A page; `lines` say where and how it was measured.
  public init(title: String, lines: [String], panels: [BarChart], ratios: [BenchmarkReport.Ratio]) {
    self.title = title
    self.lines = lines
    self.panels = panels
    self.ratios = ratios
  }

  private static let margin = 32
  private static let gap = 48
  private static let width = 2 * margin + 2 * BarChart.width + gap
  private static let ratioHeight = 24

  /// The document; it needs no other file, and shows light or dark as its reader does.
  public func svg() -> String {
    var y = Self.margin + 24
    var body = [SVG.text(title, x: Self.margin, y: y, style: "heading")]
    for line in lines {
      y += 22
      body.append(SVG.text(line, x: Self.margin, y: y, style: "quiet"))
    }
    y += 22
    body.append(legend(y))
    y += 28
    for first in stride(from: 0, to: panels.count, by: 2) {
      let row = panels[first..<min(first + 2, panels.count)]
      for (column, panel) in row.enumerated() {
        let x = Self.margin + column * (BarChart.width + Self.gap)
        body.append("<g transform=\"translate(\(x) \(y))\">\n\(panel.elements())\n</g>")
      }
      y += (row.map(\.height).max() ?? 0) + 8
    }
    y += 20
    body.append(SVG.text("目标 Goals", x: Self.margin, y: y, style: "title"))
    for ratio in ratios {
      y += Self.ratioHeight
      body.append(line(ratio, y))
    }
    return document(body, height: y + Self.margin)
  }

  private func legend(_ y: Int) -> String {
    let words: [(BarChart.Kind, String)] = [
      (.ours, "海聚 Haiju"), (.floor, "libpq 下限 our wrappers without the typed layer"), (.peer, "其他 others"),
    ]
    var x = Self.margin
    return words.map { kind, word in
      // Chinese signs are about twice as wide as Latin ones.
      defer { x += 44 + word.unicodeScalars.reduce(0) { $0 + ($1.value > 0x2E80 ? 13 : 7) } }
      return "<rect x=\"\(x)\" y=\"\(y - 10)\" width=\"12\" height=\"12\" class=\"\(kind.rawValue)\"/>"
        + SVG.text(word, x: x + 18, y: y, style: "quiet")
    }.joined(separator: "\n")
  }

  /// A goal says by word and sign, not by colour alone, whether it holds.
  private func line(_ ratio: BenchmarkReport.Ratio, _ y: Int) -> String {
    // A report does not say which way a goal goes; whether it holds tells.
    let sign = ratio.holds == (ratio.value >= ratio.goal) ? "≥" : "≤"
    return SVG.text(
      ratio.holds ? "✓ 达到 holds" : "✗ 未达 fails", x: Self.margin, y: y, style: ratio.holds ? "done" : "failed")
      + SVG.text(ratio.name, x: Self.margin + 110, y: y, style: "name")
      + "<text x=\"\(Self.margin + 640)\" y=\"\(y)\"><tspan class=\"value\">\(SVG.short(ratio.value))</tspan>"
      + "<tspan class=\"quiet\" dx=\"8\">目标 goal \(sign) \(SVG.short(ratio.goal))</tspan></text>"
  }

  private func document(_ body: [String], height: Int) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" width="\(Self.width)" \
    height="\(height)" role="img">
    <title>\(SVG.escaped(title))</title>
    <style>\(SVG.style)</style>
    <rect width="\(Self.width)" height="\(height)" class="paper"/>
    \(body.joined(separator: "\n"))
    </svg>

    """
  }
}

/// The little of SVG that charts need, and numbers as people read them.
public enum SVG {
  static let style = """
    svg { --paper: #fff; --ink: #1f2328; --quiet: #59636e; --ours: #0f5f8c; --floor: #8a94a0; --peer: #c9d1d9; \
    --done: #1a7f37; --failed: #b42318; } \
    @media (prefers-color-scheme: dark) { svg { --paper: #14181d; --ink: #e6edf3; --quiet: #9aa4af; --ours: #58a6d6; \
    --floor: #6e7781; --peer: #3d444d; --done: #56c271; --failed: #ff8a80; } } \
    text { font: 13px "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif; fill: var(--ink); \
    font-variant-numeric: tabular-nums; } \
    .heading { font-size: 24px; font-weight: 600; } .title { font-size: 16px; font-weight: 600; } \
    .label { text-anchor: end; } .value { font-weight: 600; } .quiet { fill: var(--quiet); } \
    .paper { fill: var(--paper); } .ours { fill: var(--ours); } .floor { fill: var(--floor); } \
    .peer { fill: var(--peer); } .done { fill: var(--done); } .failed { fill: var(--failed); }
    """

  static func text(_ text: String, x: Int, y: Int, style: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" class=\"\(style)\">\(escaped(text))</text>"
  }

  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }

  /// Thousands apart: `101,410`; small numbers with a fraction.
  public static func grouped(_ value: Double) -> String {
    guard value >= 100 else { return short(value) }
    var digits = Array(String(Int(value.rounded())))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
  }

  /// Three digits, none of a fraction that is zero.
  public static func short(_ value: Double) -> String {
    if value == value.rounded() { return String(Int(value)) }
    return String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value)
  }
}
