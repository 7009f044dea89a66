import Kernel
import Relational
import TestSupport

/// A database with settings of its own, closed afterwards; the body also gets the database's name.
func withConfigured(
  over transport: TempPostgres.Transport = .socket, _ configure: (inout RelationalConfiguration) -> Void,
  _ body: (Database, String) async throws -> Void
) async throws {
  let server = try await TestStores.postgres()
  let name = try await server.newDatabase()
  var configuration = RelationalConfiguration(uri: await server.uri(name, over: transport))
  configure(&configuration)
  try await withOpen(configuration) { try await body($0, name) }
}

/// A database for a configuration, closed afterwards.
func withOpen(_ configuration: RelationalConfiguration, _ body: (Database) async throws -> Void) async throws {
  let database = try await Database.open(configuration)
  do {
    try await body(database)
    await database.close()
  } catch {
    await database.close()
    throw error
  }
}

/// The outcome of each of many calls at once.
func outcomes<T: Sendable>(
  _ count: Int, _ call: @escaping @Sendable (Int) async throws -> T
) async -> [Result<T, any Error>] {
  await withTaskGroup(of: Result<T, any Error>.self) { group in
    for number in 0..<count {
      group.addTask {
        do { return .success(try await call(number)) } catch { return .failure(error) }
      }
    }
    return await group.reduce(into: []) { $0.append($1) }
  }
}
