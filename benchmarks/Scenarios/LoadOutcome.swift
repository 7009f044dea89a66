public import BenchmarkReports
import Histogram

/// What a load run measured.
public struct LoadOutcome: Sendable {
  /// The scenario's name.
  public let scenario: String
  /// How it was run.
  public let settings: LoadRun.Settings
  /// From the first operation until the last one ended.
  public let elapsed: Duration
  /// HTTP requests sent in that time.
  public let requests: Int
  /// How the users prepared.
  public let prepare: OperationResult
  /// The operations in the order of the scenario.
  public let operations: [OperationResult]

  /// All operations taken together.
  public var total: OperationResult {
    operations.dropFirst().reduce(into: operations.first ?? OperationResult(name: "")) { $0.add($1) }.named("total")
  }

  /// How often a second something happened.
  public func rate(_ count: Int) -> Double { count == 0 ? 0 : Double(count) / seconds }

  private var seconds: Double { Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18 }

  /// The figures of a report: `total`, `requests`, each operation, and `prepare`.
  public var figures: [BenchmarkReport.Figure] {
    let all = total
    return [figure(all), .init(name: "requests", value: rate(requests), unit: "requests/s", errors: all.errors)]
      + operations.map(figure) + [prepareFigure]
  }

  /// Every kind of failure with its count and operation, the most frequent first: for the text beside the figures.
  public var failures: [(operation: String, kind: String, count: Int)] {
    (operations + [prepare]).flatMap { result in
      result.failures.map { (operation: result.name, kind: $0.key, count: $0.value) }
    }.sorted { ($1.count, $0.operation, $0.kind) < ($0.count, $1.operation, $1.kind) }
  }

  /// Preparing goes on before the clock of the run, a few users at a time, so it has a number and no rate.
  private var prepareFigure: BenchmarkReport.Figure {
    var prepared = figure(prepare)
    prepared.value = Double(prepare.done)
    prepared.unit = "users"
    return prepared
  }

  private func figure(_ result: OperationResult) -> BenchmarkReport.Figure {
    .init(
      name: result.name, value: rate(result.done), unit: "operations/s", p50: result.microseconds(50),
      p95: result.microseconds(95), p99: result.microseconds(99), errors: result.errors)
  }
}

/// What one operation came to.
public struct OperationResult: Sendable {
  /// Its name.
  public private(set) var name: String
  /// Failures by kind.
  public private(set) var failures: [String: Int]
  private var times: Histogram<UInt64>

  init(name: String, times: Histogram<UInt64>, failures: [String: Int]) {
    self.name = name
    self.times = times
    self.failures = failures
  }

  init(name: String) {
    self.init(name: name, times: Histogram(highestTrackableValue: 3_600_000_000), failures: [:])
  }

  /// How many were done; failures are not among them, nor in the times.
  public var done: Int { Int(times.totalCount) }

  /// How many failed.
  public var errors: Int { failures.values.reduce(0, +) }

  /// The time below which this share of the operations stayed, in microseconds; `nil` when none was done.
  public func microseconds(_ percentile: Double) -> Int? {
    done == 0 ? nil : Int(times.valueAtPercentile(percentile))
  }

  mutating func add(_ other: OperationResult) {
    times.add(other.times)
    failures.merge(other.failures, uniquingKeysWith: +)
  }

  func named(_ name: String) -> OperationResult {
    var copy = self
    copy.name = name
    return copy
  }
}
