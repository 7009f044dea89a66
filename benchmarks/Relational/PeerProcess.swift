import Foundation
import Kernel
import TestSupport

/// Runs another program to its end; nothing of it is left afterwards.
enum PeerProcess {
  struct Outcome {
    let output: String
    /// Processor time that the program used.
    let processorTime: Duration
  }

  /// Why a peer could not be measured.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Throws with the end of what the program printed when it fails, is not there, or is not done within five minutes.
  @discardableResult
  static func run(
    _ executable: String, _ arguments: [String], in folder: TemporaryFolder
  ) async throws -> Outcome {
    guard FileManager.default.isExecutableFile(atPath: executable) else {
      throw Failure(description: "\(executable) is not there (scripts/install --peers)")
    }
    let log = "\(folder.path)/\(UUID().uuidString).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let process = try await ServerProcess.start(
      executable: executable, arguments: arguments, environment: ["LC_ALL": "C"], workingFolder: folder.path, log: log)
    // A rare look: a peer that is measured needs the processor itself.
    let deadline = Deadline.after(.seconds(300))
    while process.isRunning, !deadline.hasPassed { try await Task.sleep(for: .milliseconds(20)) }
    await process.kill()
    guard process.exitCode == 0 else {
      throw Failure(description: "\((executable as NSString).lastPathComponent): \(process.logTail(lines: 3))")
    }
    let output = try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return Outcome(output: output, processorTime: process.processorTime ?? .zero)
  }
}
