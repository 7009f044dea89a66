import Foundation
import Kernel
import Relational
import TestSupport

/// A database of its own for a test, closed afterwards.
func withDatabase(
  poolSize: Int = 8, acquireTimeout: Duration = .seconds(10), statementTimeout: Duration? = nil,
  over transport: TempPostgres.Transport = .socket,
  configure: (inout RelationalConfiguration) -> Void = { _ in }, _ body: (Database) async throws -> Void
) async throws {
  let uri = try await TestStores.postgres().freshDatabase(over: transport)
  var configuration = RelationalConfiguration(
    uri: uri, poolSize: poolSize, acquireTimeout: acquireTimeout, statementTimeout: statementTimeout)
  configure(&configuration)
  let database = try await Database.open(configuration)
  do {
    try await body(database)
    await database.close()
  } catch {
    await database.close()
    throw error
  }
}

extension Database {
  /// Runs SQL text outside any transaction, for the arrangement of a test.
  func arrange(_ sql: String) async throws { try await withSession { try await $0.script(sql) } }

  /// A single number.
  func number(_ sql: String) async throws -> Int64 {
    try await first(Statement<Int64>("test.number.\(sql.hashValue)", sql)) ?? -1
  }
}

/// Waits until something holds; `false` when it does not in time.
func eventually(within limit: Duration = .seconds(5), _ condition: () async throws -> Bool) async throws -> Bool {
  let deadline = Deadline.after(limit)
  while try await !condition() {
    if deadline.hasPassed { return false }
    try await Task.sleep(for: .milliseconds(20))
  }
  return true
}

/// The error that a call throws; `nil` when it throws none or another kind.
func failure(of body: () async throws -> Void) async -> RelationalError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RelationalError
  }
}
