import Documents
import Kernel
import Migration
import Relational
import Synchronization
import TestSupport

/// A fresh database and folders made of texts.
struct MigrationWorld: Sendable {
  let uri: String
  let database: Database

  /// Makes the database, runs the body, closes everything.
  static func with(_ body: @Sendable (MigrationWorld) async throws -> Void) async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    let database = try await Database.open(RelationalConfiguration(uri: uri))
    do {
      try await body(MigrationWorld(uri: uri, database: database))
    } catch {
      await database.close()
      throw error
    }
    await database.close()
  }

  func migrator(_ files: [String: String], documents: DocumentStore? = nil) throws -> Migrator {
    Migrator(folder: try Self.folder(files), database: database, documents: documents)
  }

  static func folder(_ files: [String: String]) throws -> MigrationFolder {
    try MigrationFolder(contents: files.mapValues { Array($0.utf8) })
  }

  /// The first number of the first row.
  func number(_ sql: String) async throws -> Int64 {
    try await database.first(Statement<Int64>("test.number.\(sql)", sql)) ?? -1
  }

  /// Runs one statement.
  func run(_ sql: String) async throws {
    try await database.withSession { try await $0.script(sql) }
  }

  /// Whether a relation of this name exists.
  func exists(_ name: String) async throws -> Bool {
    try await number("SELECT count(*) FROM pg_class WHERE relname = '\(name)'") > 0
  }
}

/// What a call threw; `nil` when it threw nothing.
func migrationError(_ body: () async throws -> some Any) async -> MigrationError? {
  do { _ = try await body() } catch { return error as? MigrationError }
  return nil
}

/// Collects what a migrator tells.
final class ProgressLog: Sendable {
  private let events = Mutex<[MigrationProgress]>([])

  var all: [MigrationProgress] { events.withLock { $0 } }
  func add(_ event: MigrationProgress) { events.withLock { $0.append(event) } }
}
