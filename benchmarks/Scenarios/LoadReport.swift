public import BenchmarkReports

extension BenchmarkReport {
  /// The report of a load run.
  public init(bench: String, version: String, outcome: LoadOutcome, ratios: [Ratio] = []) {
    self.init(
      bench: bench, version: version, seed: outcome.settings.seed,
      settings: [
        "scenario": .text(outcome.scenario), "users": .number(Double(outcome.settings.users)),
        "seconds": .number(Double(outcome.settings.duration.components.seconds)),
        "timeout_seconds": .number(Double(outcome.settings.timeout.components.seconds)),
      ], figures: outcome.figures, ratios: ratios)
  }
}
