public import BenchmarkReports

/// The charts of a relational report.
public struct RelationalCharts: Sendable {
  private let report: BenchmarkReport

  /// Charts of a report, which may have been read back from JSON.
  public init(_ report: BenchmarkReport) { self.report = report }

  /// One SVG document with all panels under each other.
  public func svg() -> String { "" }
}
