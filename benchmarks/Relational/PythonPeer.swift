import Foundation

/// The fastest clients of Python, each with its own idea of how to be fast; see `Peers/reads.py`.
struct PythonPeer: Sendable {
  enum Reading: String { case point, list }

  let driver: RelationalBenchmarkSettings.Peer
  let store: BenchmarkStore
  let uri: String
  let settings: RelationalBenchmarkSettings

  /// What the program prints as one line of JSON.
  private struct Answer: Decodable {
    let rate: Double
    let p50: Int
    let p99: Int
    let cpu: Double
    let errors: Int
  }

  /// Reads with so many tasks over so many connections. The rate is of rows where a list is read.
  func measure(_ reading: Reading, tasks: Int, pool: Int) async throws -> Sample {
    let folder = try Self.folder()
    let python = (settings.tools ?? ".haiju/tools") + "/bin/python"
    let outcome = try await PeerProcess.run(
      URL(fileURLWithPath: python).path(percentEncoded: false),
      [
        "-B", "\(folder)/reads.py", "--driver", driver.rawValue, "--reading", reading.rawValue, "--uri", uri,
        "--tasks", "\(tasks)", "--pool", "\(pool)", "--seconds", "\(settings.seconds)", "--rows", "\(settings.rows)",
        "--seed", "\(settings.seed)",
      ], in: store.folder)
    guard let line = outcome.output.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
      throw PeerProcess.Failure(description: "\(driver) printed no figures: \(outcome.output)")
    }
    let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
    return Sample(
      value: answer.rate, p50: answer.p50, p99: answer.p99, cpu: answer.cpu, errors: answer.errors)
  }

  private static func folder() throws -> String {
    guard let folder = Bundle.module.url(forResource: "Peers", withExtension: nil) else {
      throw PeerProcess.Failure(description: "the programs of the peers are missing beside this program")
    }
    return folder.path(percentEncoded: false)
  }
}
