import Foundation

/// A panel of horizontal bars: who, how much, and a note.
public struct BarChart: Sendable, Equatable {
  /// What a bar stands for, shown by its colour and by a word in the legend.
  public enum Kind: String, Sendable, CaseIterable {
    /// What is being measured.
    case ours
    /// What could be reached at best.
    case floor
    /// What others reach.
    case peer
  }

  /// One bar.
  public struct Bar: Sendable, Equatable {
    var label: String
    var value: Double
    var note: String
    var kind: Kind
    var isFailed: Bool

    /// A bar; one that failed has no length and says so.
    public init(_ label: String, value: Double, note: String = "", kind: Kind, isFailed: Bool = false) {
      self.label = label
      self.value = value
      self.note = note
      self.kind = kind
      self.isFailed = isFailed
    }
  }

  var title: String
  var subtitle: String
  var bars: [Bar]

  /// A panel; the longest bar takes the whole width.
  public init(title: String, subtitle: String, bars: [Bar]) {
    self.title = title
    self.subtitle = subtitle
    self.bars = bars
  }

  static let width = 560
  private static let barStart = 176
  private static let barLength = 180
  private static let rowHeight = 28
  private static let head = 56

  var height: Int { Self.head + bars.count * Self.rowHeight + 24 }

  /// The panel's elements, from its own corner.
  func elements() -> String {
    let longest = bars.map(\.value).max() ?? 0
    var lines = [
      SVG.text(title, x: 0, y: 20, style: "title"), SVG.text(subtitle, x: 0, y: 40, style: "quiet"),
    ]
    for (index, bar) in bars.enumerated() {
      let top = Self.head + index * Self.rowHeight
      let length = longest > 0 ? max(1, Int(bar.value / longest * Double(Self.barLength))) : 1
      lines.append(SVG.text(bar.label, x: Self.barStart - 8, y: top + 15, style: "label"))
      guard !bar.isFailed else {
        lines.append(SVG.text("未能测量 not measured", x: Self.barStart, y: top + 15, style: "failed"))
        continue
      }
      lines.append(
        "<rect x=\"\(Self.barStart)\" y=\"\(top)\" width=\"\(length)\" height=\"20\" class=\"\(bar.kind.rawValue)\"/>")
      let end = Self.barStart + length + 8
      lines.append(
        "<text x=\"\(end)\" y=\"\(top + 15)\"><tspan class=\"value\">\(SVG.grouped(bar.value))</tspan>"
          + "<tspan class=\"quiet\" dx=\"8\">\(SVG.escaped(bar.note))</tspan></text>")
    }
    return lines.joined(separator: "\n")
  }
}
