import Kernel
import Relational
import Testing

@testable import Facade

@Suite("What an action costs") struct RoundTripTests {
  /// How often an action waited for PostgreSQL before its commit.
  private func trips(
    _ world: World, as actor: Actor, _ body: @escaping @Sendable (Action) async throws -> Void
  ) async throws -> Int {
    try await world.haiju.act(as: actor) { action in
      let before = action.core.database.statistics.roundTrips
      try await body(action)
      return action.core.database.statistics.roundTrips - before
    }.value
  }

  @Test("X5: an action waits for what it must know and for nothing else; its writes travel along")
  func constant() async throws {
    // The projector's own round trips would be counted, too.
    try await World.with(adjust: { $0.projects = false }) { world in
      let checked = try await world.haiju.people.check(world.draft(), as: world.visitor)
      let registering = try await trips(world, as: world.visitor) { action in
        _ = try await action.people.register(checked)
      }
      #expect(registering == 2)

      let talent = try await world.registeredTalent()
      let id = talent.certificationCase
      let returning = try await trips(world, as: world.officer) { action in
        _ = try await action.certifications.returnForCorrection(id, comment: "请补正")
      }
      #expect(returning == 2)
      let again = try await trips(world, as: talent.actor) { action in
        _ = try await action.certifications.resubmit(id, correcting: CertificationCorrection())
      }
      #expect(again == 3)
      for approver in [try world.officer, try world.reviewer] {
        let approving = try await trips(world, as: approver) { action in
          _ = try await action.certifications.approve(id)
        }
        #expect(approving == 3)
      }
    }
  }
}
