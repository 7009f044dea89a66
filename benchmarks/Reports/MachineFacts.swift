import Foundation

/// Where a benchmark ran: figures of different machines are not to be compared.
public struct MachineFacts: Codable, Sendable, Equatable {
  /// Cores that this program may use.
  public var cores: Int
  /// Memory in GiB.
  public var memory: Double
  /// The processor's name.
  public var cpu: String

  /// Known facts, for reports read back.
  public init(cores: Int, memory: Double, cpu: String) {
    self.cores = cores
    self.memory = memory
    self.cpu = cpu
  }

  /// This machine, from `/proc`; what that does not say is `unknown`.
  public static func current() -> MachineFacts {
    let memory = field("MemTotal", in: "/proc/meminfo")?.split(separator: " ").first.flatMap { Double($0) } ?? 0
    return MachineFacts(
      cores: ProcessInfo.processInfo.activeProcessorCount, memory: (memory / 1_048_576 * 10).rounded() / 10,
      cpu: field("model name", in: "/proc/cpuinfo") ?? field("Hardware", in: "/proc/cpuinfo") ?? "unknown")
  }

  enum CodingKeys: String, CodingKey {
    case cores
    case memory = "memory_gib"
    case cpu
  }

  /// The first `name : value` line of a file.
  private static func field(_ name: String, in path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }
}
