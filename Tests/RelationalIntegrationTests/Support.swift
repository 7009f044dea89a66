import Foundation
import Kernel
import Relational
import TestSupport
import Testing

/// A database of its own for a test, closed afterwards; reached directly or as the test's trait says.
func withDatabase(
  poolSize: Int = 8, acquireTimeout: Duration = .seconds(10), statementTimeout: Duration? = nil,
  over transport: TempPostgres.Transport = .socket,
  configure: (inout RelationalConfiguration) -> Void = { _ in }, _ body: (Database) async throws -> Void
) async throws {
  let server = try await TestStores.postgres()
  let name = try await server.newDatabase()
  let uri =
    if let bouncer = BehindPgBouncer.current { bouncer.uri(name) } else { await server.uri(name, over: transport) }
  var configuration = RelationalConfiguration(
    uri: uri, poolSize: poolSize, acquireTimeout: acquireTimeout, statementTimeout: statementTimeout)
  if BehindPgBouncer.current != nil { configuration.statementNaming = .unnamedOnly }
  configure(&configuration)
  try await withDatabase(configuration, body)
}

/// A database as configured, closed afterwards.
func withDatabase(_ configuration: RelationalConfiguration, _ body: (Database) async throws -> Void) async throws {
  let database = try await Database.open(configuration)
  do {
    try await body(database)
    await database.close()
  } catch {
    await database.close()
    throw error
  }
}

/// Runs each test twice: with PostgreSQL itself, then through a pgbouncer in transaction mode without named statements.
struct BehindPgBouncer: SuiteTrait, TestTrait, TestScoping {
  /// The pgbouncer that `withDatabase` goes through.
  @TaskLocal static var current: TempPgBouncer?
  private static let shared = Task {
    // Strict: a client that sends anything in its startup packet that pgbouncer does not know is refused.
    try await TempPgBouncer.start(
      for: TestStores.postgres(), poolSize: 20,
      settings: ["ignore_startup_parameters": "extra_float_digits", "server_idle_timeout": "5"])
  }

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await function()
    guard testCase != nil else { return }
    try await Self.$current.withValue(try await Self.shared.value) { try await function() }
  }
}

extension Trait where Self == BehindPgBouncer {
  /// Also through a pgbouncer in transaction mode.
  static var alsoBehindPgBouncer: Self { Self() }
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
