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

  /// Runs a script for whole seconds; p50 and p99 come from a tenth of the transactions, processor time from all.
  func measure(_ script: String, clients: Int) async throws -> Sample {
    let name = UUID().uuidString
    let file = "\(store.folder.path)/\(name).sql"
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    defer { removeFiles(of: name) }
    let outcome = try await PeerProcess.run(
      "\(store.programs)/pgbench",
      [
        "-n", "-M", "prepared", "-c", "\(clients)", "-j", "\(min(2, clients))",
        "-T", "\(Int(settings.seconds.rounded(.up)))", "-f", file, "-D", "rows=\(settings.rows)",
        "-D", "tellers=\(settings.scale * 10)", "--random-seed=\(settings.seed)", "-l", "--sampling-rate=0.1",
        "--log-prefix=\(store.folder.path)/\(name)", uri,
      ], in: store.folder)
    guard let rate = number(before: " (without initial", after: "tps = ", in: outcome.output),
      let count = number(before: "\n", after: "transactions actually processed: ", in: outcome.output),
      let failed = number(before: " (", after: "failed transactions: ", in: outcome.output)
    else { throw PeerProcess.Failure(description: "pgbench printed something unknown: \(outcome.output)") }
    let times = try latencies(of: name)
    return Sample(
      value: rate, p50: percentile(50, of: times), p99: percentile(99, of: times),
      cpu: count == 0 ? nil : outcome.processorTime.inSeconds * 1e6 / count, errors: Int(failed))
  }

  /// The third word of each line of the logs, one log for each thread.
  private func latencies(of name: String) throws -> [Int] {
    var times: [Int] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    where file.hasPrefix("\(name).") && !file.hasSuffix(".sql") {
      let text = try String(contentsOfFile: "\(store.folder.path)/\(file)", encoding: .utf8)
      for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 3)
        if words.count > 2, let time = Int(Substring(words[2])) { times.append(time) }
      }
    }
    return times.sorted()
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

/// A percentile of sorted values.
func percentile(_ percent: Int, of sorted: [Int]) -> Int? {
  sorted.isEmpty ? nil : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
}
