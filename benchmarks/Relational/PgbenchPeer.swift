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
        "--random-seed=\(settings.seed)", "-P", "1", "-l", "--sampling-rate=0.1",
        "--log-prefix=\(store.folder.path)/\(name)", uri,
      ], in: store.folder)
    guard let whole = number(before: " (without initial", after: "tps = ", in: outcome.output),
      let count = number(before: "\n", after: "transactions actually processed: ", in: outcome.output),
      let failed = number(before: " (", after: "failed transactions: ", in: outcome.output)
    else { throw PeerProcess.Failure(description: "pgbench printed something unknown: \(outcome.output)") }
    let rate = PgbenchOutput.rate(in: outcome.output, from: warmUp, to: warmUp + seconds)
    let times = try latencies(of: name, seconds: seconds)
    return Sample(
      value: rate ?? whole, p50: percentile(50, of: times), p99: percentile(99, of: times),
      cpu: count == 0 ? nil : outcome.processorTime.inSeconds * 1e6 / count, errors: Int(failed))
  }

  /// The times in the logs, one log for each thread, of the last seconds.
  private func latencies(of name: String, seconds: Double) throws -> [Int] {
    var entries: [(ended: Int, time: Int)] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    where file.hasPrefix("\(name).") && !file.hasSuffix(".sql") {
      entries += PgbenchOutput.log(try String(contentsOfFile: "\(store.folder.path)/\(file)", encoding: .utf8))
    }
    let end = entries.map(\.ended).max() ?? 0
    return entries.filter { Double(end - $0.ended) <= seconds * 1e6 }.map(\.time).sorted()
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
  /// The rate in lines like `progress: 2.0 s, 76417.6 tps, …`, of the whole intervals between two moments in seconds.
  static func rate(in output: String, from begin: Double, to end: Double) -> Double? {
    var (transactions, seconds, last) = (0.0, 0.0, 0.0)
    for line in output.split(separator: "\n") where line.hasPrefix("progress: ") {
      let words = line.split(separator: " ")
      guard words.count > 4, words[4] == "tps,", let moment = Double(words[1]), let rate = Double(words[3]) else {
        continue
      }
      // Intervals are a little longer or shorter than a second.
      if last >= begin - 0.05, moment <= end + 0.05 {
        transactions += rate * (moment - last)
        seconds += moment - last
      }
      last = moment
    }
    return seconds > 0 ? transactions / seconds : nil
  }

  /// Lines like `client transaction time script epoch microseconds`: when each ended and how long it took, in
  /// microseconds.
  static func log(_ text: String) -> [(ended: Int, time: Int)] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split(separator: UInt8(ascii: " ")).map { Int(Substring($0)) }
      guard words.count >= 6, let time = words[2], let second = words[4], let rest = words[5] else { return nil }
      return (second * 1_000_000 + rest, time)
    }
  }
}

/// A percentile of sorted values.
func percentile(_ percent: Int, of sorted: [Int]) -> Int? {
  sorted.isEmpty ? nil : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
}
