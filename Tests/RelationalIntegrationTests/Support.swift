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

/// How much longer than usual the rounds of storms and samples are; 1 unless HAIJU_ROUNDS says otherwise.
let rounds = max(1, ProcessInfo.processInfo.environment["HAIJU_ROUNDS"].flatMap(Int.init) ?? 1)

/// The value of a body that must not hang: a failure when it takes longer than `limit`, which is generous.
func within<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
  // A body that hangs may not hear that it is cancelled, so nobody waits for it.
  let (answers, answer) = AsyncThrowingStream<T, any Error>.makeStream()
  let work = Task {
    do { answer.yield(try await body()) } catch { answer.finish(throwing: error) }
  }
  let watch = Task {
    try await Task.sleep(for: limit)
    answer.finish(throwing: ServerProcess.Failure("not done within \(limit)"))
  }
  defer {
    work.cancel()
    watch.cancel()
  }
  for try await value in answers { return value }
  throw CancellationError()
}
