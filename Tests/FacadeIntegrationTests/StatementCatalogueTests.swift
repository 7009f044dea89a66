import Kernel
import Relational
import Testing

@testable import Facade

@Suite("The statement catalogue") struct StatementCatalogueTests {
  static let statements = StatementCatalogue.all

  @Test("S4: every statement prepares on the migrated schema")
  func prepares() async throws {
    try await World.with { world in
      for statement in Self.statements {
        do {
          try await world.database.withSession { session in
            try await session.script("PREPARE probe AS \(statement.sql)")
            try await session.script("DEALLOCATE probe")
          }
        } catch {
          Issue.record("\(statement.name): \(error)")
        }
      }
    }
  }

  @Test("Names are unique, and only reads travel on the shared lane")
  func names() {
    #expect(Set(Self.statements.map(\.name)).count == Self.statements.count)
    for statement in Self.statements where statement.lane == .shared {
      let sql = statement.sql.uppercased()
      #expect(!["INSERT ", "UPDATE ", "DELETE ", "FOR UPDATE"].contains { sql.contains($0) }, "\(statement.name)")
    }
  }

  @Test("Every unique and exclusion constraint has a meaning in the words of the business, or is listed as internal")
  func constraints() async throws {
    let internalOnes: Set = [
      "unit_name_key", "certification_one_active", "talent_code_certification_id_key", "account_person",
      "notice_once_per_event",
      "reading_alert_once_a_day", "outbox_kind_subject_revision_key", "service_definition_current",
      "service_case_code_key",
    ]
    try await World.with { world in
      let names = try await world.database.query(
        Statement<String>(
          "test.constraints",
          """
          SELECT c.relname::text
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
           WHERE t.relnamespace = 'public'::regnamespace AND (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary
             AND t.relname NOT IN ('migration_ledger') AND t.relname NOT LIKE 'series%' AND t.relname NOT LIKE 'reading'
           ORDER BY 1
          """))
      let known = internalOnes.union(HaijuError.constraintMeanings.keys)
      #expect(Set(names).subtracting(known).isEmpty)
    }
  }
}
