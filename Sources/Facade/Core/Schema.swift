import Documents
import Foundation
public import Logging
public import Migration
import Relational

/// The schema of all stores, as the migrations in this module describe it.
public enum HaijuSchema {
  /// The folder with the migrations.
  public static var folder: String {
    Bundle.module.resourceURL?.appending(path: "Migrations").path() ?? "Migrations"
  }

  /// Runs a body with a migrator over the stores of a configuration, and closes the stores behind it.
  ///
  /// `relational` is the URI of the role that owns the schema; the application's role cannot migrate. Throws what the body
  /// throws, and the engines' own errors when a store cannot be opened.
  public static func withMigrator<Value: Sendable>(
    relational: String, documents: String, logger: Logger,
    _ body: @Sendable (Migrator) async throws -> Value
  ) async throws -> Value {
    let database = try await Database.open(
      RelationalConfiguration(uri: relational, poolSize: 2, applicationName: "haiju migrate", logger: logger))
    let store: DocumentStore
    do {
      store = try await DocumentStore.open(
        DocumentConfiguration(
          uri: documents, database: HaijuConfiguration.database(in: documents), workers: 1, logger: logger))
    } catch {
      await database.close()
      throw error
    }
    let outcome: Result<Value, any Error>
    do {
      let migrator = Migrator(folder: try MigrationFolder(path: folder), database: database, documents: store)
      outcome = .success(try await body(migrator))
    } catch {
      outcome = .failure(error)
    }
    await store.close()
    await database.close()
    return try outcome.get()
  }

  /// Throws a `MigrationError` that names what is pending, edited or unknown, unless PostgreSQL is exactly as this
  /// program knows it; two round trips, with the application's role.
  ///
  /// The document store is not asked: it may be away, and then the program serves all the same.
  public static func requireCurrent(_ configuration: HaijuConfiguration) async throws {
    let database = try await Database.open(
      RelationalConfiguration(
        uri: configuration.relational, poolSize: 1, applicationName: "haiju check", logger: configuration.logger))
    let outcome: Result<Void, any Error>
    do {
      let folder = try MigrationFolder(path: folder)
      outcome = .success(try await Migrator(folder: folder, database: database, documents: nil).verifyCurrent())
    } catch {
      outcome = .failure(error)
    }
    await database.close()
    try outcome.get()
  }
}
