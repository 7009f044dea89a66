import Relational
import TestSupport
import Testing

@testable import Facade

@Suite("The statement catalogue at a city's size") struct IndexUseTests {
  /// Statements that read a short-lived table as a whole, and say so.
  static let mayScan: Set = [
    // The outbox holds what is on its way and nothing else.
    "projection.due", "projection.backlog",
    // Once for each seeding.
    "seed.staff",
  ]

  @Test("S4: with a million rows in each table that grows, no statement of the catalogue reads a whole table")
  func usesIndexes() async throws {
    let postgres = try await TestStores.postgres()
    let template = try await TemplateDatabase.shared.value()
    let database = try await Database.open(
      RelationalConfiguration(uri: try await postgres.freshDatabase(template: template.name), poolSize: 1))
    defer { Task { await database.close() } }
    try await MillionRows.fill(database)
    #expect(try await database.first(Self.people) == Int64(MillionRows.people))

    let small = Set(try await database.query(Self.smallTables))
    var scanning: Set<String> = []
    for statement in StatementCatalogue.all {
      let tables = try await Self.scannedTables(statement, on: database).subtracting(small)
      if !tables.isEmpty { scanning.insert(statement.name) }
      if !Self.mayScan.contains(statement.name) {
        #expect(tables.isEmpty, "\(statement.name) reads all of \(tables.sorted().joined(separator: ", "))")
      }
    }
    #expect(scanning.isSuperset(of: Self.mayScan), "an exception that is none any more must go")
  }

  /// The tables that PostgreSQL would read from end to end to answer a statement with values of the usual kind.
  private static func scannedTables(
    _ statement: any CataloguedStatement, on database: Database
  ) async throws -> Set<String> {
    try await database.withSession { session in
      try await session.script("PREPARE probe AS \(statement.sql)")
      let values = try await session.query(parameterTypes).map(usualValue)
      let call = values.isEmpty ? "probe" : "probe(\(values.joined(separator: ", ")))"
      let plan = try await session.query(
        Statement<String>("test.explain.\(statement.name)", "EXPLAIN (COSTS OFF) EXECUTE \(call)"))
      try await session.script("DEALLOCATE probe")
      return Set(plan.compactMap { $0.firstMatch(of: /Seq Scan on (\w+)/).map { String($0.1) } })
    }
  }

  /// A value that some rows have and most have not.
  private static func usualValue(_ type: String) -> String {
    if type.hasSuffix("[]") { return "ARRAY[\(usualValue(String(type.dropLast(2))))]" }
    let literal =
      switch type {
      case "uuid": "'00000000-1111-4111-8111-000000000001'"
      case "timestamp with time zone": "'2024-06-01 00:00Z'"
      case "date": "'2026-06-01'"
      case "bigint", "integer", "smallint", "double precision": "50"
      case "bytea": "'\\x00'"
      case "boolean": "true"
      case "jsonb": "'{}'"
      case "xid8": "'1000'"
      default: "'talent5'"
      }
    return "\(literal)::\(type)"
  }

  private static let people = Statement<Int64>("test.people", "SELECT count(*) FROM person")
  private static let parameterTypes = Statement<String>(
    "test.parameterTypes",
    "SELECT type::text FROM pg_prepared_statements, unnest(parameter_types) AS type WHERE name = 'probe'")
  /// What a sequential read of a few pages answers faster than any index.
  private static let smallTables = Statement<String>(
    "test.smallTables", "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND reltuples BETWEEN 0 AND 10000")
}
