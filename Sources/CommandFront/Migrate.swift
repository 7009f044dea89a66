import ArgumentParser
import Facade
import Kernel
import Migration

/// `haiju migrate`: the schema of all stores, from one ordered, checksummed ledger.
struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show or apply the migrations of all stores.", subcommands: [Status.self, Apply.self])

  /// `haiju migrate status`.
  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List every migration and whether it is applied; exit code 1 when anything is not.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await reportingErrors {
        let status = try await withMigrator { try await $0.status() }
        try output.print(status.map(MigrationLine.init)) { status.map(\.description).joined(separator: "\n") }
        if status.contains(where: { $0.state != .applied }) { throw ExitCode.answerIsNo }
      }
    }
  }

  /// `haiju migrate apply`.
  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply what is pending, in order; several at once apply each migration once.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await reportingErrors {
        let applied = try await withMigrator { try await $0.apply() }
        try output.print(applied.map(MigrationLine.init)) {
          applied.isEmpty ? "nothing to apply" : applied.map(\.description).joined(separator: "\n")
        }
      }
    }
  }
}

private func withMigrator<Value: Sendable>(
  _ body: @Sendable (Migrator) async throws -> Value
) async throws -> Value {
  let environment = ProgramEnvironment()
  return try await HaijuSchema.withMigrator(
    relational: environment.migratorURI(), documents: environment.configuration().documents,
    logger: environment.logger, body)
}

/// One migration as JSON.
private struct MigrationLine: Encodable {
  let number: Int
  let name: String
  let store: String
  let state: String
  let appliedAt: String?

  init(_ status: MigrationStatus) {
    number = status.number
    name = status.name
    store = status.store.rawValue
    state =
      switch status.state {
      case .applied: "applied"
      case .pending: "pending"
      case .interrupted: "interrupted"
      case .edited: "edited"
      case .missing: "missing"
      case .outOfOrder: "out_of_order"
      case .historyChanged: "history_changed"
      case .unknown: "unknown"
      }
    appliedAt = status.appliedAt?.description
  }
}
