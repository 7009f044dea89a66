public import ArgumentParser

/// `haiju`: everything that is done with Haiju from a command line.
///
/// Exit codes: 0 done; 1 the answer is no (differences found, migrations pending); 64 wrong usage; 69 a store cannot be
/// reached; 70 a fault of Haiju; 77 refused; 78 the environment lacks settings.
public struct HaijuCommand: AsyncParsableCommand {
  /// The verbs.
  public static let configuration = CommandConfiguration(
    commandName: "haiju",
    abstract: "Haiju (海聚): talent services on PostgreSQL, MongoDB's protocol and time series.",
    version: HaijuVersion.current,
    subcommands: [
      Serve.self, Migrate.self, Definitions.self, Accounts.self, Keys.self, Seed.self, Drift.self, Rebuild.self,
      Doctor.self, DatabaseVerbs.self, Bench.self,
    ])

  /// Made by the parser.
  public init() {}
}

/// The version that the program reports everywhere.
public enum HaijuVersion {
  /// The version.
  public static let current = "0.1.0"
}
