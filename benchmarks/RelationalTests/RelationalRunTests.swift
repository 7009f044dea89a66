import BenchmarkReports
import Testing

@testable import RelationalBenchmark
