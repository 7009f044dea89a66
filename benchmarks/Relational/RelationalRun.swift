public import BenchmarkReports

/// The relational benchmark: ours and its peers in turn on one server and the same tables.
public struct RelationalRun: Sendable {
  private let settings: RelationalBenchmarkSettings
  private let progress: @Sendable (String) -> Void

  /// A run; `progress` hears a line for each figure.
  public init(
    _ settings: RelationalBenchmarkSettings, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.settings = settings
    self.progress = progress
  }

  /// Runs the chosen parts; twelve minutes with peers on two cores at the usual settings.
  ///
  /// Throws when the server cannot be started or filled, or when ours cannot connect. A peer that cannot run becomes a
  /// figure with a failure, and its goals do not hold.
  public func run(version: String) async throws -> BenchmarkReport {
    let store = try await BenchmarkStore.open(uri: settings.uri)
    do {
      let report = try await measure(store, version: version)
      await store.close()
      return report
    } catch {
      await store.close()
      throw error
    }
  }

  private func measure(_ store: BenchmarkStore, version: String) async throws -> BenchmarkReport {
    progress("filling pgbench's tables, scale \(settings.scale)")
    try await store.fill(scale: settings.scale)
    let board = Scoreboard(rounds: settings.rounds, progress: progress)
    // Writes last: they leave dead rows behind.
    for part in RelationalBenchmarkSettings.Part.allCases where settings.parts.contains(part) {
      switch part {
      case .point: try await PointReads(settings: settings, store: store, board: board).run()
      case .list: try await Lists(settings: settings, store: store, board: board).run()
      case .slow: try await SlowNeighbour(settings: settings, store: store, board: board).run()
      case .write: try await Writes(settings: settings, store: store, board: board).run()
      case .copy: try await Copies(settings: settings, store: store, board: board).run()
      }
    }
    return BenchmarkReport(
      bench: "relational", version: version, seed: settings.seed, settings: try await described(store),
      figures: await board.figures, ratios: await board.ratios)
  }

  private func described(_ store: BenchmarkStore) async throws -> [String: BenchmarkReport.Setting] {
    var all = try await store.facts().mapValues { BenchmarkReport.Setting.text($0) }
    all["seconds"] = .number(settings.seconds)
    all["rounds"] = .number(Double(settings.rounds))
    all["crowd"] = .number(Double(settings.crowd))
    all["rows"] = .number(Double(settings.rows))
    all["peers"] = .flag(settings.peers)
    all["parts"] = .text(settings.parts.map(\.rawValue).sorted().joined(separator: ","))
    return all
  }
}
