import Documents
import Kernel
import Migration
import Testing
import TestSupport

@testable import Facade

/// Stores that stop in the middle of the journey; each test has servers of its own to stop.
@Suite("REL-3: stores away") struct StoresAwayTests {
  @Test(
    "MongoDB stopped during the journey: registration and approval succeed, the dossier reads from the log, and is complete after the restart"
  )
  func documentsAway() async throws {
    let server = try await TempDocumentServer.start()
    try await World.with(adjust: { $0.documents = server.uri().replacing("/?", with: "/haiju?") }) { world in
      await server.kill()
      let (talent, certification) = try await world.certifiedTalent()
      let dossier = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor)
      #expect(dossier.sections.flatMap(\.fields).contains { $0.value == certification.code })
      if case .log = dossier.origin {} else { #expect(dossier.origin == .cache) }
      let health = await world.haiju.health.check()
      #expect(health.isReady)
      #expect(health.stores.first { $0.name == "documents" }?.isUp == false)
      #expect((health.pendingChanges ?? 0) > 0)

      try await server.restart()
      try await world.settle()
      let report = try await world.haiju.drift(as: .system("test")) { Issue.record("\($0)") }
      #expect(report.differences == 0)
      #expect(report.people == report.dossiers)
    }
    await server.stop()
  }

  @Test("Redis stopped during the journey: everything goes on, and nothing older than the last write is shown")
  func cacheAway() async throws {
    let redis = try await TempRedis.start()
    try await World.with(adjust: { $0.cache = redis.uri() }) { world in
      let talent = try await world.registeredTalent()
      _ = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor)
      await redis.kill()
      _ = try await world.haiju.certifications.approve(talent.certificationCase, as: world.officer)
      let outcome = try await world.haiju.certifications.approve(talent.certificationCase, as: world.reviewer)
      let dossier = try await world.haiju.dossiers.require(talent.person.id, atLeast: outcome.mark, as: talent.actor)
      #expect(dossier.sections.contains { $0.section == .certification })
    }
    await redis.stop()
  }

  @Test("Changes that no request brought over are brought over by another process")
  func leftBehind() async throws {
    try await World.with(adjust: { $0.projects = false }) { first in
      // A process that was killed after its commit looks like this: the outbox has the row, the document store does not.
      let talent = try await first.registeredTalent()
      try await first.haiju.core.dossierStore.remove(talent.person.id)
      _ = try await first.number(
        """
        WITH again AS (INSERT INTO outbox (kind, subject, revision)
                       SELECT 'dossier', person_id, revision FROM dossier_change WHERE person_id = $1
                       ON CONFLICT DO NOTHING RETURNING 1)
        SELECT count(*) FROM again
        """, talent.person.id)
      var configuration = first.configuration
      configuration.projects = true
      let second = try await Haiju.open(configuration)
      try await first.settle()
      let report = try await second.drift(as: .system("test")) { Issue.record("\($0)") }
      #expect(report.differences == 0)
      await second.close()
    }
  }
}

@Suite("Drift and rebuild") struct DriftTests {
  @Test("Missing, altered and orphaned dossiers are found and named; a rebuild mends them to the same bytes")
  func findsAndMends() async throws {
    try await World.with { world in
      let people = [
        try await world.registeredTalent(), try await world.registeredTalent(), try await world.registeredTalent(),
      ].map(\.person.id)
      try await world.settle()
      let collection = world.haiju.core.documents.collection("dossier")
      let key = { (id: PersonID) -> BSONDocument in ["_id": .id(id)] }
      let before = try #require(try await collection.findOne(key(people[1])))

      _ = try await collection.delete(key(people[0]))
      _ = try await collection.update(
        key(people[1]), ["$set": .document(["sections.work.fields.jobTitle.value": .string("变了")])])
      _ = try await collection.update(key(people[2]), ["$set": .document(["revision": .int64(1)])])
      let nobody = PersonID.make()
      _ = try await collection.insert([["_id": .id(nobody), "revision": .int64(3), "sections": .document([:])]])

      let found = Findings()
      let report = try await world.haiju.drift(as: .system("test")) { await found.add($0) }
      #expect(report.differences == 4)
      let kinds = await found.kinds
      #expect(kinds == [people[0]: .missing, people[1]: .different, people[2]: .behind, nobody: .orphan])

      #expect(try await world.haiju.rebuild(as: .system("test")) == 3)
      #expect(try await collection.findOne(key(people[1])) == before)
      _ = try await collection.delete(key(nobody))
      let after = try await world.haiju.drift(as: .system("test")) { Issue.record("\($0)") }
      #expect(after.differences == 0)
    }
  }

  @Test("Only the system administrator may compare and rebuild")
  func permission() async throws {
    try await World.with { world in
      let officer = try world.officer
      #expect(await failure { try await world.haiju.rebuild(as: officer) } == .forbidden(.dossierRebuild))
      #expect(await failure { try await world.haiju.drift(as: officer) { _ in } } == .forbidden(.driftRead))
      _ = try await world.haiju.drift(as: world.actor("sysadmin")) { _ in }
    }
  }

  private actor Findings {
    var kinds: [PersonID: DriftDifference.Kind] = [:]
    func add(_ difference: DriftDifference) { kinds[difference.person] = difference.kind }
  }
}
