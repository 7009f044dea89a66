import Facade
import Kernel

/// A trend as SVG: axes with units, the band that raises no alert, the line, its latest point.
///
/// No style attributes: the content security policy forbids them, so everything is classes and geometry. Values outside
/// the band are drawn as diamonds as well as in another colour, so that colour alone carries nothing.
struct TrendChart {
  let trend: Trend
  let time: ShanghaiTime

  let shape: Shape

  /// How much room there is; the style sheet shows the one that fits the window.
  enum Shape: String {
    case broad, narrow
  }

  private var width: Double { shape == .broad ? 720 : 330 }
  private var height: Double { shape == .broad ? 280 : 250 }
  private let left = 48.0
  private let right = 12.0
  private let top = 34.0
  private let bottom = 36.0

  /// The picture; empty when there is nothing to draw.
  var svg: String {
    guard let first = trend.points.first, let last = trend.points.last else { return "" }
    let scale = Scale(values: trend.points.map(\.value), band: trend.kind.normal)
    let span = Double(max(1, last.time.microseconds - first.time.microseconds))
    let plotWidth = width - left - right
    let plotHeight = height - top - bottom
    func x(_ instant: Instant) -> Double {
      left + (trend.points.count == 1 ? 0.5 : Double(instant.microseconds - first.time.microseconds) / span)
        * plotWidth
    }
    func y(_ value: Double) -> Double { top + (1 - (value - scale.low) / (scale.high - scale.low)) * plotHeight }

    var parts = [
      "<svg class=\"chart \(shape.rawValue)\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-labelledby=\"chart-\(shape.rawValue)\">",
      "<title id=\"chart-\(shape.rawValue)\">\(trend.kind.title)趋势，\(time.full(first.time)) 至 \(time.full(last.time))，单位 \(trend.kind.unit)</title>",
    ]
    if let band = trend.kind.normal {
      let upper = y(min(band.upperBound, scale.high))
      let lower = y(max(band.lowerBound, scale.low))
      parts.append(
        "<rect class=\"band\" x=\"\(fixed(left))\" y=\"\(fixed(upper))\" width=\"\(fixed(plotWidth))\" height=\"\(fixed(max(0, lower - upper)))\"/>"
      )
    }
    for tick in scale.ticks {
      let line = fixed(y(tick))
      parts.append(
        "<line class=\"grid\" x1=\"\(fixed(left))\" x2=\"\(fixed(width - right))\" y1=\"\(line)\" y2=\"\(line)\"/>"
      )
      parts.append(
        "<text class=\"tick\" x=\"\(fixed(left - 8))\" y=\"\(fixed(y(tick) + 4))\" text-anchor=\"end\">\(readable(tick))</text>"
      )
    }
    parts.append("<text class=\"unit\" x=\"4\" y=\"18\">\(trend.kind.unit)</text>")
    parts += timeAxis(first.time, last.time, x)
    let path = trend.points.enumerated().map {
      "\($0.offset == 0 ? "M" : "L")\(fixed(x($0.element.time))) \(fixed(y($0.element.value)))"
    }
    parts.append("<path class=\"line\" d=\"\(path.joined())\"/>")
    parts += markers(x, y)
    // Last, so that no reading hides a limit.
    if let band = trend.kind.normal {
      parts += limit("上限", band.upperBound, at: y(band.upperBound), above: true)
      parts += limit("下限", band.lowerBound, at: y(band.lowerBound), above: false)
    }
    parts.append("</svg>")
    return parts.joined()
  }

  /// An edge of the band with its value.
  private func limit(_ word: String, _ value: Double, at level: Double, above: Bool) -> [String] {
    [
      "<line class=\"limit\" x1=\"\(fixed(left))\" x2=\"\(fixed(width - right))\" y1=\"\(fixed(level))\" y2=\"\(fixed(level))\"/>",
      "<text class=\"limit-value\" x=\"\(fixed(left + 6))\" y=\"\(fixed(above ? level + 16 : level - 6))\">\(word) \(readable(value))</text>",
    ]
  }

  private func timeAxis(_ first: Instant, _ last: Instant, _ x: (Instant) -> Double) -> [String] {
    let base = height - bottom
    var parts = [
      "<line class=\"axis\" x1=\"\(fixed(left))\" x2=\"\(fixed(width - right))\" y1=\"\(fixed(base))\" y2=\"\(fixed(base))\"/>"
    ]
    let span = last.microseconds - first.microseconds
    let steps: Int64 = trend.points.count == 1 ? 0 : shape == .broad ? 3 : 1
    for step in 0...steps {
      let instant = steps == 0 ? first : Instant(microseconds: first.microseconds + span * step / steps)
      let anchor = steps == 0 ? "middle" : step == 0 ? "start" : step == steps ? "end" : "middle"
      parts.append(
        "<text class=\"tick\" x=\"\(fixed(x(instant)))\" y=\"\(fixed(base + 20))\" text-anchor=\"\(anchor)\">\(label(instant, span))</text>"
      )
    }
    return parts
  }

  /// Seconds matter in a signal of minutes, the day in a trend of weeks.
  private func label(_ instant: Instant, _ span: Int64) -> String {
    guard span > 0, span < 600_000_000 else { return ShanghaiTime.short(instant) }
    let second = (instant.microseconds / 1_000_000) % 60
    return "\(ShanghaiTime.clock(instant)):\(second < 10 ? "0" : "")\(second)"
  }

  private func markers(_ x: (Instant) -> Double, _ y: (Double) -> Double) -> [String] {
    var parts: [String] = []
    let few = trend.points.count <= 60
    for (index, point) in trend.points.enumerated() {
      let outside = trend.kind.normal.map { !$0.contains(point.value) } ?? false
      let isLast = index == trend.points.count - 1
      guard few || outside || isLast else { continue }
      let (h, v) = (x(point.time), y(point.value))
      if outside {
        parts.append("<path class=\"alert\" d=\"M\(fixed(h)) \(fixed(v - 6))l6 6l-6 6l-6 -6z\"/>")
      } else {
        parts.append(
          "<circle class=\"point\(isLast ? " last" : "")\" cx=\"\(fixed(h))\" cy=\"\(fixed(v))\" r=\"\(isLast ? 5 : 3)\"/>"
        )
      }
    }
    return parts
  }

  /// The span of values that is shown, with round numbers at its lines.
  struct Scale {
    let low: Double
    let high: Double
    let ticks: [Double]

    init(values: [Double], band: ClosedRange<Double>?) {
      let least = min(values.min() ?? 0, band?.lowerBound ?? .infinity)
      let most = max(values.max() ?? 1, band?.upperBound ?? -.infinity)
      let step = Self.roundStep((most - least) / 4)
      low = (least / step).rounded(.down) * step
      let top = (most / step).rounded(.up) * step
      high = top > low ? top : low + step
      let count = Int(((high - low) / step).rounded())
      let base = low
      ticks = (0...count).map { base + Double($0) * step }
    }

    /// The round number (1, 2 or 5 times a power of ten) at or above a step.
    private static func roundStep(_ raw: Double) -> Double {
      guard raw > 0 else { return 1 }
      var power = 1.0
      while power * 10 <= raw { power *= 10 }
      while power > raw { power /= 10 }
      return [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw } ?? raw
    }
  }
}

/// A coordinate with one digit behind the point.
private func fixed(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

/// A number as people write it: no `.0`, at most two digits behind the point.
func readable(_ value: Double) -> String {
  let rounded = (value * 100).rounded() / 100
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
}
