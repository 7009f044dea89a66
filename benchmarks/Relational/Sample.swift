import BenchmarkReports
import Foundation
import Kernel

/// What one measurement came to.
struct Sample: Sendable {
  /// Operations a second, or whatever the unit of the figure is.
  var value: Double
  /// Microseconds; `nil` where an operation's time is not known.
  var p50: Int?
  var p99: Int?
  /// Microseconds of the client's processor time for each operation.
  var cpu: Double?
  var errors = 0
}

/// One of those that are measured in turn.
struct Contender: Sendable {
  /// The figure's name.
  let name: String
  let unit: String
  let measure: @Sendable () async throws -> Sample

  init(_ name: String, unit: String, _ measure: @escaping @Sendable () async throws -> Sample) {
    self.name = name
    self.unit = unit
    self.measure = measure
  }
}

extension BenchmarkReport.Figure {
  /// The medians of a contender's rounds.
  init(_ contender: Contender, _ samples: [Sample]) {
    self.init(
      name: contender.name, value: median(samples.map(\.value)) ?? 0, unit: contender.unit,
      p50: median(samples.compactMap(\.p50).map(Double.init)).map { Int($0) },
      p99: median(samples.compactMap(\.p99).map(Double.init)).map { Int($0) },
      cpu: median(samples.compactMap(\.cpu)).map { ($0 * 100).rounded() / 100 },
      spread: BenchmarkReport.Spread(samples.map { rounded($0.value) }), errors: samples.reduce(0) { $0 + $1.errors })
    value = rounded(value)
  }
}

/// The middle value; of an even number, the mean of the middle two.
func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// Five digits: more would pretend to be exact.
func rounded(_ value: Double) -> Double {
  let step = value == 0 ? 1 : pow(10, floor(log10(abs(value))) - 4)
  return (value / step).rounded() * step
}
