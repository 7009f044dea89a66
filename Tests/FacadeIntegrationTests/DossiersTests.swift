import Documents
import Kernel
import Relational
import Testing

@testable import Facade

@Suite("DOSS: dossiers") struct DossiersTests {
  @Test("After registration the dossier shows identity and work, each field with source and time")
  func afterRegistration() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let dossier = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor)
      #expect(dossier.sections.map(\.section) == [.identity, .work])
      let fields = dossier.sections.flatMap(\.fields)
      #expect(fields.allSatisfy { !$0.source.isEmpty && $0.recordedAt == world.clock.now() && $0.validFrom != nil })
      let identity = try #require(fields.first { $0.name == "identityNumber" })
      #expect(identity.isSecret && identity.value.contains("*"))
    }
  }

  @Test("Certification adds its section, which the next read shows and the document store gets")
  func afterCertification() async throws {
    try await World.with { world in
      let (talent, certification) = try await world.certifiedTalent()
      let dossier = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor)
      let section = try #require(dossier.sections.first { $0.section == .certification })
      #expect(section.fields.contains { $0.name == "code" && $0.value == certification.code })
      try await world.settle()
      let stored = try await world.haiju.core.dossierStore.load(talent.person.id, deadline: .after(.seconds(5)))
      #expect(stored?.revision == dossier.revision)
    }
  }

  @Test("No store holds an identity number or a phone in clear")
  func nothingInClear() async throws {
    try await World.with { world in
      let draft = world.draft()
      let person = try await world.haiju.people.register(draft, as: world.visitor).value.person
      let log = try await world.text(
        "SELECT string_agg(change::text, '') FROM dossier_change WHERE person_id = $1", person.id)
      let row = try await world.text(
        "SELECT p::text || a::text FROM person p, account a WHERE p.id = $1 AND a.person_id = p.id", person.id)
      try await world.settle()
      let store = world.haiju.core.documents
      var documents: [UInt8] = []
      for name in ["dossier", "dossier_history"] {
        for document in try await store.collection(name).find([:]) { documents += document.bytes }
      }
      for secret in [draft.identityNumber, draft.phone] {
        #expect(!(log ?? secret).contains(secret))
        #expect(!(row ?? secret).contains(secret))
        #expect(!documents.isEmpty && documents.firstRange(of: Array(secret.utf8)) == nil)
      }
    }
  }

  @Test("MLPS-AC-8: another person's dossier is not there, for a stranger, another employer and every administrator")
  func foreignDossier() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let stranger = try await world.registeredTalent()
      let other = try world.officer(of: world.employers[1].id)
      for actor in [stranger.actor, other] {
        #expect(
          await failure { try await world.haiju.dossiers.require(talent.person.id, as: actor) } == .notFound(.person))
      }
      for name in ["sysadmin", "secadmin", "auditadmin"] {
        let administrator = try world.actor(name)
        #expect(
          await failure { try await world.haiju.dossiers.require(talent.person.id, as: administrator) }
            == .forbidden(.dossierRead))
      }
      #expect(try await world.audited(.dossierRead, .refused) == 5)
      #expect(try await world.haiju.dossiers.require(talent.person.id, as: world.officer).person == talent.person.id)
    }
  }

  @Test("Fifty changes of one dossier at once: no revision is lost, none is double, the dossier has them all")
  func concurrentChanges() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let before = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor).revision
      let done = await concurrently(50) { number in
        try await world.haiju.act(as: .system("test")) { action in
          try await action.dossiers.change(talent.person.id, section: .work) {
            $0.set("field\(number)", .text("\(number)"), source: "试验")
          }
        }
      }
      #expect(done.failures.isEmpty)
      let dossier = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor)
      #expect(dossier.revision == before + 50)
      let fields = dossier.sections.flatMap(\.fields).filter { $0.name.hasPrefix("field") }
      #expect(Set(fields.map(\.value)).count == 50)
      #expect(Set(fields.map(\.revision)).count == 50)
      try await world.settle()
      let report = try await world.haiju.drift(as: .system("test")) { Issue.record("\($0.kind)") }
      #expect(report.differences == 0)
    }
  }

  @Test("An action that fails leaves nothing: no revision, no outbox row, no done record")
  func rolledBack() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      try await world.settle()
      let before = try await world.haiju.dossiers.require(talent.person.id, as: talent.actor).revision
      let refused = await failure {
        try await world.haiju.act(as: .system("test")) { action in
          try await action.dossiers.change(talent.person.id, section: .work) { $0.set("x", .text("y"), source: "试验") }
          throw HaijuError.refused(code: "test", message: "不行")
        }
      }
      #expect(refused?.code == "refused.test")
      #expect(try await world.haiju.dossiers.require(talent.person.id, as: talent.actor).revision == before)
      #expect(try await world.number("SELECT count(*) FROM outbox") == 0)
    }
  }

  @Test("The history names every revision, newest first, with who made it")
  func history() async throws {
    try await World.with { world in
      let (talent, _) = try await world.certifiedTalent()
      let history = try await world.haiju.dossiers.history(talent.person.id, as: talent.actor)
      #expect(history.map(\.revision) == Array((1...Int64(history.count)).reversed()))
      #expect(history.first?.section == .certification)
      #expect(
        try await world.number("SELECT count(*) FROM dossier_change WHERE person_id = $1", talent.person.id)
          == Int64(history.count))
    }
  }

  @Test("The log of changes and the audit trail cannot be altered, not even by the owner of the tables")
  func appendOnly() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      for sql in [
        "UPDATE dossier_change SET account_id = NULL WHERE person_id = $1",
        "DELETE FROM dossier_change WHERE person_id = $1",
        "DELETE FROM audit_entry WHERE $1::uuid IS NOT NULL",
        "UPDATE certification_step SET comment = '' WHERE $1::uuid IS NOT NULL",
      ] {
        await #expect(throws: RelationalError.self) {
          try await world.database.execute(Statement<NoRow>("test.\(sql)", sql), talent.person.id)
        }
      }
    }
  }
}

extension World {
  /// Waits until nothing is left in the outbox.
  func settle() async throws {
    let deadline = Deadline.after(.seconds(30))
    while try await number("SELECT count(*) FROM outbox") > 0 {
      if deadline.hasPassed { throw NeverSettled() }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private struct NeverSettled: Error {}
}
