import Testing

@testable import Relational

@Suite("Histograms of times")
struct TimeHistogramTests {
  @Test("Classes follow each other without gap or overlap, a sixteenth of their value wide at most")
  func classes() {
    var last = -1
    for place in 0..<384 {
      let start = place == 0 ? 0 : TimeHistogram.end(of: place - 1)
      let end = TimeHistogram.end(of: place)
      #expect(TimeHistogram.place(of: UInt64(start)) == place && TimeHistogram.place(of: UInt64(end - 1)) == place)
      #expect(end > start && (start < 16 ? end == start + 1 : (end - start) * 16 <= start))
      last = end
    }
    // The last class takes everything that is longer.
    #expect(last == 1 << 27 && TimeHistogram.place(of: .max) == 383)
  }

  @Test("Quantiles are right to a sixteenth, the longest and the mean exactly, whatever was recorded")
  func quantiles() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      var histogram = TimeHistogram()
      var times: [UInt64] = []
      for _ in 0..<Int.random(in: 1...500, using: &random) {
        times.append(1 << UInt64.random(in: 0...36, using: &random) + UInt64.random(in: 0...999, using: &random))
      }
      for time in times { histogram.record(nanoseconds: time) }
      times.sort()
      for (share, quantile) in [
        (0.5, histogram.p50), (0.95, histogram.p95), (0.99, histogram.p99), (1, histogram.quantile(1)),
      ] {
        let exact = times[max(1, Int((Double(times.count) * share).rounded(.up))) - 1]
        let upper = Double(exact) * (1 + 1.0 / 16) + 1000
        #expect(quantile >= .nanoseconds(exact) && quantile <= .nanoseconds(Int64(upper)), "seed \(seed)")
      }
      #expect(histogram.max == .nanoseconds(times[times.count - 1]) && histogram.count == times.count)
      #expect(histogram.mean == .nanoseconds(times.reduce(0, +) / UInt64(times.count)))
      #expect(histogram.classes.reduce(0) { $0 + $1.count } == times.count)
    }
  }

  @Test("Two together are what one would be that had recorded everything, and nothing recorded is zero")
  func adding() {
    var (left, right, both) = (TimeHistogram(), TimeHistogram(), TimeHistogram())
    #expect(both.p99 == .zero && both.mean == .zero && both.classes.isEmpty)
    for time in [5, 900, 1_000_000, 70_000_000, 900_000_000_000] as [UInt64] {
      left.record(nanoseconds: time)
      both.record(nanoseconds: time)
      right.record(nanoseconds: time * 3)
      both.record(nanoseconds: time * 3)
    }
    var sum = TimeHistogram()
    sum.add(left)
    sum.add(right)
    sum.add(TimeHistogram())
    #expect(sum == both)
  }
}
