import Foundation
import Kernel
import TestSupport

/// pgbench from PostgreSQL itself, with prepared statements and two threads.
struct PgbenchPeer: Sendable {
  let store: BenchmarkStore
  let uri: String
  let settings: RelationalBenchmarkSettings

  static let pointScript = """
    \\set aid random(1, :rows)
    SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = :aid;
    """

  /// What pgbench calls TPC-B without its last read and its most contended row.
  static let writeScript = """
    \\set aid random(1, :rows)
    \\set tid random(1, :tellers)
    \\set delta random(-5000, 5000)
    BEGIN;
    UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;
    UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :tid;
    INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (:tid, 1, :aid, :delta, CURRENT_TIMESTAMP);
    END;
    """

  /// Runs a script for whole seconds.
  ///
  /// New backends know neither table nor statement, so the first second does not count, and more of them with very many
  /// clients; only a run below a second, which is for tests, counts it. Percentiles are those of every tenth transaction.
  func measure(_ script: String, clients: Int) async throws -> Sample {
    let name = UUID().uuidString
    let file = "\(store.folder.path)/\(name).sql"
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    defer { removeFiles(of: name) }
    let seconds = settings.seconds.rounded(.up)
    let warmUp = settings.seconds < 1 ? 0.0 : clients < 500 ? 1 : 3
    let outcome = try await PeerProcess.run(
      "\(store.programs)/pgbench",
      [
        "-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(2, clients))", "-T", "\(Int(seconds + warmUp))",
        "-f", file, "-D", "rows=\(settings.rows)", "-D", "tellers=\(settings.scale * 10)",
        "--random-seed=\(settings.seed)", "-P", "1", "--progress-timestamp", "-l", "--sampling-rate=0.1",
        "--log-prefix=\(store.folder.path)/\(name)", uri,
      ], in: store.folder)
    guard let whole = number(before: " (without initial", after: "tps = ", in: outcome.output),
      let count = number(before: "\n", after: "transactions actually processed: ", in: outcome.output),
      let failed = number(before: " (", after: "failed transactions: ", in: outcome.output)
    else { throw PeerProcess.Failure(description: "pgbench printed something unknown: \(outcome.output)") }
    let steady = PgbenchOutput.steady(in: outcome.output, after: Int(warmUp), seconds: Int(seconds))
    let times = try latencies(of: name, in: steady?.window)
    return Sample(
      value: steady?.rate ?? whole, p50: percentile(50, of: times), p99: percentile(99, of: times),
      cpu: count == 0 ? nil : outcome.processorTime.inSeconds * 1e6 / count, errors: Int(failed))
  }

  /// The times in the logs, one log for each thread, of the seconds that count.
  private func latencies(of name: String, in window: ClosedRange<Double>?) throws -> [Int] {
    var entries: [(ended: Double, time: Int)] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    where file.hasPrefix("\(name).") && !file.hasSuffix(".sql") {
      entries += PgbenchOutput.log(try String(contentsOfFile: "\(store.folder.path)/\(file)", encoding: .utf8))
    }
    return entries.filter { window?.contains($0.ended) ?? true }.map(\.time).sorted()
  }

  private func removeFiles(of name: String) {
    for file in (try? FileManager.default.contentsOfDirectory(atPath: store.folder.path)) ?? []
    where file.hasPrefix(name) {
      try? FileManager.default.removeItem(atPath: "\(store.folder.path)/\(file)")
    }
  }

  /// The number between two texts.
  private func number(before end: String, after start: String, in text: String) -> Double? {
    guard let from = text.range(of: start), let to = text[from.upperBound...].range(of: end) else { return nil }
    return Double(text[from.upperBound..<to.lowerBound].trimmingCharacters(in: .whitespaces))
  }
}

/// What pgbench prints and writes.
enum PgbenchOutput {
  /// When it was warm, in seconds since 1970, and its rate then.
  ///
  /// From lines like `progress: 1700000002.5 s, 76417.6 tps, …`, one for about each second; so many of them are skipped
  /// and so many taken. `nil` when there are too few.
  static func steady(in output: String, after skipped: Int, seconds: Int) -> (
    window: ClosedRange<Double>, rate: Double
  )? {
    let lines = output.split(separator: "\n").compactMap { line -> (end: Double, rate: Double)? in
      let words = line.split(separator: " ")
      guard words.count > 4, words[0] == "progress:", words[4] == "tps,", let end = Double(words[1]),
        let rate = Double(words[3])
      else { return nil }
      return (end, rate)
    }
    guard skipped > 0, lines.count > skipped else { return nil }
    let begin = lines[skipped - 1].end
    var (last, transactions) = (begin, 0.0)
    for line in lines[skipped...].prefix(seconds) {
      // Intervals are a little longer or shorter than a second.
      transactions += line.rate * (line.end - last)
      last = line.end
    }
    return last > begin ? (begin...last, transactions / (last - begin)) : nil
  }

  /// Lines like `client transaction time script epoch microseconds`: when each ended, in seconds since 1970, and how many
  /// microseconds it took.
  static func log(_ text: String) -> [(ended: Double, time: Int)] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split(separator: UInt8(ascii: " ")).map { Int(Substring($0)) }
      guard words.count >= 6, let time = words[2], let second = words[4], let rest = words[5] else { return nil }
      return (Double(second) + Double(rest) / 1e6, time)
    }
  }
}

/// A percentile of sorted values.
func percentile(_ percent: Int, of sorted: [Int]) -> Int? {
  sorted.isEmpty ? nil : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
}
