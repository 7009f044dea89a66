import BenchmarkReports

/// Gathers figures and the ratios between them.
actor Scoreboard {
  private(set) var figures: [BenchmarkReport.Figure] = []
  private(set) var ratios: [BenchmarkReport.Ratio] = []
  private let rounds: Int
  private let progress: @Sendable (String) -> Void

  init(rounds: Int, progress: @escaping @Sendable (String) -> Void) {
    self.rounds = rounds
    self.progress = progress
  }

  /// Measures the contenders in turn, `rounds` times; who began ends in the next round.
  ///
  /// One that cannot be measured becomes a figure with its failure, never a missing line.
  func alternate(_ contenders: [Contender]) async {
    var samples = [[Sample]](repeating: [], count: contenders.count)
    var failures = [String?](repeating: nil, count: contenders.count)
    for round in 0..<rounds {
      let order = round.isMultiple(of: 2) ? Array(contenders.indices) : contenders.indices.reversed()
      for index in order where failures[index] == nil {
        do {
          samples[index].append(try await contenders[index].measure())
        } catch {
          failures[index] = "\(error)"
        }
      }
    }
    for (index, contender) in contenders.enumerated() {
      var figure = BenchmarkReport.Figure(contender, samples[index])
      if let failure = failures[index] {
        figure.failure = failure
        figure.errors += 1
      }
      add(figure)
    }
  }

  /// Takes a figure that was measured otherwise.
  func add(_ figure: BenchmarkReport.Figure) {
    figures.append(figure)
    let times = [figure.p50, figure.p99].compactMap { $0.map(String.init) }.joined(separator: "/")
    progress(
      "\(figure.name): \(Int(figure.value)) \(figure.unit)\(times.isEmpty ? "" : ", p50/p99 \(times) µs")"
        + (figure.failure.map { " FAILED: \($0)" } ?? ""))
  }

  /// A figure that can be compared.
  func figure(_ name: String) -> BenchmarkReport.Figure? { measured(name).flatMap { $0.value > 0 ? $0 : nil } }

  /// A figure that was measured, whatever its value.
  func measured(_ name: String) -> BenchmarkReport.Figure? {
    figures.first { $0.name == name && $0.failure == nil }
  }

  /// The best of some figures.
  func best(_ names: [String]) -> BenchmarkReport.Figure? {
    names.compactMap(figure).max { $0.value < $1.value }
  }

  /// How many times one value is as large as another, with the least that is asked for.
  func ratio(_ name: String, _ ours: BenchmarkReport.Figure?, to other: BenchmarkReport.Figure?, atLeast goal: Double) {
    guard let ours, let other else { return ratios.append(.unknown(goal, name)) }
    ratios.append(.atLeast(goal, name, rounded(ours.value / other.value)))
  }

  /// How many times one p99 is as long as another, with the most that is allowed.
  func ratioOfP99(
    _ name: String, _ ours: BenchmarkReport.Figure?, to other: BenchmarkReport.Figure?, atMost goal: Double
  ) {
    guard let ours = ours?.p99, let other = other?.p99, other > 0 else { return ratios.append(.unknown(goal, name)) }
    ratios.append(.atMost(goal, name, rounded(Double(ours) / Double(other))))
  }

  /// A limit on a figure itself.
  func limit(_ name: String, _ figure: BenchmarkReport.Figure?, atMost goal: Double) {
    guard let figure else { return ratios.append(.unknown(goal, name)) }
    ratios.append(.atMost(goal, name, figure.value))
  }
}
