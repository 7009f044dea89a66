import BenchmarkReports
import Foundation
import Histogram
import Kernel

/// Tasks that do the same operation again and again, each waiting for its answer before it goes on.
struct ClosedLoop: Sendable {
  let tasks: Int
  let seconds: Double
  let seed: UInt64
  /// Where the tasks run; `nil` for the global pool.
  var executor: (any TaskExecutor)?

  /// Runs the operation without pause; only what begins after a moment of warming up counts.
  ///
  /// Throws the operation's error when none succeeded; otherwise failures are counted.
  func run(
    _ operation: @escaping @Sendable (inout LoadRandom) async throws -> Void
  ) async throws -> Sample {
    let begin = Monotonic.now + UInt64(min(0.3, seconds / 4) * 1e9)
    let end = begin + UInt64(seconds * 1e9)
    async let processor = ProcessorTime.between(begin, end)
    let tally = await withTaskExecutorPreference(executor) {
      await withTaskGroup(of: Tally.self) { group in
        for number in 0..<tasks {
          group.addTask {
            await Self.work(LoadRandom(seed: seed, user: number), from: begin, to: end, operation)
          }
        }
        return await group.reduce(into: Tally()) { $0.add($1) }
      }
    }
    if tally.times.totalCount == 0, let failure = tally.failure { throw failure }
    return Sample(tally, seconds: seconds, processor: await processor)
  }

  private static func work(
    _ random: LoadRandom, from begin: UInt64, to end: UInt64,
    _ operation: @escaping @Sendable (inout LoadRandom) async throws -> Void
  ) async -> Tally {
    var random = random
    var tally = Tally()
    var start = Monotonic.now
    // One reading of the clock for each operation: the end of one is the start of the next.
    while start < end {
      do {
        try await operation(&random)
        let now = Monotonic.now
        tally.note(from: start, to: now, in: begin..<end)
        start = now
      } catch {
        tally.errors += 1
        tally.failure = tally.failure ?? error
        start = Monotonic.now
      }
    }
    return tally
  }
}

/// What was counted, by each task for itself, so that counting costs no lock.
struct Tally: Sendable {
  var times = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .two)
  var errors = 0
  var failure: (any Error)?

  /// An operation counts where it ends.
  @inline(__always)
  mutating func note(from start: UInt64, to end: UInt64, in window: Range<UInt64>) {
    if window.contains(end) { times.record((end &- start) / 1000) }
  }

  mutating func add(_ other: Tally) {
    times.add(other.times)
    errors += other.errors
    failure = failure ?? other.failure
  }
}

extension Sample {
  /// Operations a second; microseconds of processor time for each.
  init(_ tally: Tally, seconds: Double, processor: Duration) {
    let count = Double(tally.times.totalCount)
    self.init(
      value: count / seconds, p50: Int(tally.times.valueAtPercentile(50)), p99: Int(tally.times.valueAtPercentile(99)),
      cpu: count == 0 ? nil : processor.inSeconds * 1e6 / count, errors: tally.errors)
  }
}
