import Kernel
import Synchronization
import Testing

@testable import Facade

@Suite struct SeedingTests {
  private let system = Actor.system("seed")

  @Test("Seeding fills the normal tables with whole people; the same again adds nothing, more adds the rest")
  func seeding() async throws {
    try await World.with { world in
      try await world.publishServices()
      let seen = Mutex<[SeedProgress]>([])
      let report = try await world.haiju.seed(
        SeedPlan(people: 600, seed: 1), progress: { step in seen.withLock { $0.append(step) } }, as: system)
      #expect(report.added == 600 && report.existing == 0)
      #expect(report.certified > 300 && report.serviceCases > 30)
      #expect(seen.withLock { $0.map(\.done) } == [500, 600])
      #expect(try await world.number("SELECT count(*) FROM person WHERE sample") == 600)
      #expect(try await world.number("SELECT count(*) FROM certification_case") == 600)
      #expect(try await world.number("SELECT count(*) FROM certification") == Int64(report.certified))
      #expect(try await world.number("SELECT count(*) FROM service_case") == Int64(report.serviceCases))
      #expect(try await world.number("SELECT count(*) FROM account WHERE role = 'talent'") == 0)
      let again = try await world.haiju.seed(SeedPlan(people: 600, seed: 1), as: system)
      #expect(again.added == 0 && again.existing == 600)
      let more = try await world.haiju.seed(SeedPlan(people: 650, seed: 1), as: system)
      #expect(more.added == 50 && more.existing == 600)
      let others = try await world.haiju.seed(SeedPlan(people: 50, seed: 2), as: system)
      #expect(others.added == 50)
    }
  }

  @Test("Revisions, steps and states of seeded people agree with each other")
  func consistency() async throws {
    try await World.with { world in
      try await world.publishServices()
      _ = try await world.haiju.seed(SeedPlan(people: 300, seed: 1), as: system)
      for wrong in [
        "SELECT count(*) FROM dossier_head h WHERE revision <> (SELECT max(revision) FROM dossier_change c WHERE c.person_id = h.person_id)",
        "SELECT count(*) FROM dossier_head h WHERE revision <> (SELECT count(*) FROM dossier_change c WHERE c.person_id = h.person_id)",
        "SELECT count(*) FROM person p JOIN certification_case c ON c.person_id = p.id WHERE c.state <> p.state OR c.revision <> p.revision",
        "SELECT count(*) FROM certification_case c WHERE revision <> (SELECT count(*) FROM certification_step s WHERE s.case_id = c.id)",
        "SELECT count(*) FROM certification_case c WHERE state <> (SELECT to_state FROM certification_step s WHERE s.case_id = c.id ORDER BY sequence DESC LIMIT 1)",
        "SELECT count(*) FROM service_case c WHERE state <> (SELECT to_state FROM service_case_step s WHERE s.case_id = c.id ORDER BY sequence DESC LIMIT 1)",
        "SELECT count(*) FROM service_case c WHERE revision <> (SELECT count(*) FROM service_case_step s WHERE s.case_id = c.id)",
        "SELECT count(*) FROM person WHERE state = 'certified' AND id NOT IN (SELECT person_id FROM talent_code)",
        "SELECT count(*) FROM service_case WHERE (state IN ('completed', 'refused', 'withdrawn')) <> (finished_at IS NOT NULL)",
      ] {
        #expect(try await world.number(wrong) == 0, "\(wrong)")
      }
    }
  }

  @Test("A seeded person is like any other: found, revealed, certified, with a dossier")
  func likeOthers() async throws {
    try await World.with { world in
      _ = try await world.haiju.seed(SeedPlan(people: 40, seed: 3), as: system)
      let sample = try #require(
        (0..<40).compactMap { SamplePeople(seed: 3).person($0) }.first { $0.state == .certified })
      let found = try await world.haiju.people.list(.identity(sample.identity.text), as: world.reviewer).items
      #expect(found.map(\.id) == [sample.id])
      #expect(found[0].isSample && found[0].displayName == sample.name)
      let number = try await world.haiju.people.reveal(
        .identityNumber, of: sample.id, purpose: "核对示例数据", as: world.reviewer)
      #expect(number == sample.identity.text)
      let certification = try await world.haiju.certifications.current(of: sample.id, as: world.reviewer)
      #expect(certification?.code == sample.code.text)
      #expect(certification?.explanation.isEmpty == false)
      let dossier = try await world.haiju.dossiers.require(sample.id, as: world.reviewer)
      #expect(dossier.revision == 4)
      #expect(dossier.sections.map(\.section) == [.identity, .work, .certification])
      #expect(dossier.sections[0].fields.first { $0.name == "identityNumber" }?.value == sample.identity.masked)
      #expect(dossier.isSample)
    }
  }

  @Test("Seeding needs a sensible number, and only Haiju itself may do it")
  func refusals() async throws {
    try await World.with { world in
      let tooMany = SeedPlan(people: 1_000_001, seed: 1)
      #expect(await failure { try await world.haiju.seed(tooMany, as: system) }?.code == "invalid.range")
      #expect(await failure { try await world.haiju.seed(SeedPlan(people: -1), as: system) }?.code == "invalid.range")
      let admin = try world.actor("sysadmin")
      #expect(
        await failure { try await world.haiju.seed(SeedPlan(people: 1), as: admin) } == .forbidden(.sampleSeed))
      #expect(try await world.haiju.seed(SeedPlan(people: 0), as: system).added == 0)
    }
  }
}
