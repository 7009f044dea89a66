import Kernel
import Testing

@testable import Facade

@Suite("What statements cost") struct StatementReportTests {
  @Test("A system administrator sees every statement that was sent, the most expensive first, without values")
  func report() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let report = try await world.haiju.health.statements(as: try world.actor("sysadmin"))
      let registering = try #require(report.statements.first { $0.name == "person.register" })
      #expect(registering.sent == 1 && registering.errors == 0)
      #expect(registering.total > 0 && registering.longest >= registering.p50)
      #expect(report.statements.map(\.total) == report.statements.map(\.total).sorted(by: >))
      #expect(report.roundTrips > 0)
      #expect(!"\(report)".contains(talent.account))
    }
  }

  @Test("Nobody else sees them, and the refusal leaves a record")
  func refused() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      for actor in [talent.actor, try world.officer, try world.actor("secadmin"), try world.actor("auditadmin")] {
        await #expect(throws: HaijuError.forbidden(.statementRead)) {
          _ = try await world.haiju.health.statements(as: actor)
        }
      }
      let entries = try await world.haiju.audit.list(
        result: .refused, page: .first(20), as: try world.actor("auditadmin"))
      #expect(entries.items.count { $0.operation == "statement.read" } == 4)
    }
  }
}
