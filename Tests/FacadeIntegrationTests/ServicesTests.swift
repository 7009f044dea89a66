import Foundation
import Kernel
import Testing

@testable import Facade

@Suite struct ServicesTests {
  @Test("Publishing gives sixty services; publishing the same folder again changes nothing")
  func publishing() async throws {
    try await World.with { world in
      let first = try await world.publishServices()
      #expect(first.published.count == 60 && first.unchanged == 0 && first.retired.isEmpty)
      let second = try await world.publishServices()
      #expect(second == PublishReport(published: [], unchanged: 60, retired: []))
      #expect(try await world.number("SELECT count(*) FROM service_definition") == 60)
      #expect(try await world.number("SELECT revision FROM service_catalogue") == 1)
      #expect(try await world.haiju.services.list(as: world.visitor).total == 60)
      #expect(try await world.audited(.servicePublish, .done) == 2)
    }
  }

  @Test("A changed file becomes a new version at once, a missing one is retired, and the old version stays")
  func newVersion() async throws {
    try await World.with { world in
      let folder = try DefinitionsCopy()
      let system = try world.actor("sysadmin")
      _ = try await world.haiju.services.publish(folder: folder.path, as: system)
      #expect(try await world.haiju.services.require("MH-1", as: world.visitor).definition.version == 1)
      try folder.edit("minhang/MH-1.yaml", "门诊服务", "门诊预约")
      try folder.remove("minhang/MH-2.yaml")
      let report = try await world.haiju.services.publish(folder: folder.path, as: system)
      #expect(report == PublishReport(published: ["MH-1"], unchanged: 58, retired: ["MH-2"]))
      let changed = try await world.haiju.services.require("MH-1", as: world.visitor).definition
      #expect(changed.version == 2 && changed.title == "门诊预约")
      #expect(
        await failure { try await world.haiju.services.require("MH-2", as: world.visitor) } == .notFound(.service))
      let old = "SELECT definition->>'title' FROM service_definition WHERE id = 'MH-1' AND version = 1"
      #expect(try await world.text(old) == "门诊服务")
      _ = try await world.publishServices()
      #expect(try await world.haiju.services.require("MH-1", as: world.visitor).definition.version == 3)
      #expect(try await world.haiju.services.require("MH-2", as: world.visitor).definition.version == 2)
    }
  }

  @Test("A folder with one broken file or an unknown unit publishes nothing and names the file")
  func allOrNothing() async throws {
    try await World.with { world in
      let folder = try DefinitionsCopy()
      let system = try world.actor("sysadmin")
      try folder.edit("baoshan/BS-1.yaml", "version: 1", "version: 1\ncolour: red")
      let broken = await failure { try await world.haiju.services.publish(folder: folder.path, as: system) }
      guard case .invalid(let faults) = broken else { return #expect(Bool(false), "not .invalid") }
      #expect(faults.map(\.field) == ["baoshan/BS-1.yaml:4"])
      try folder.edit("baoshan/BS-1.yaml", "colour: red", "")
      try folder.edit("baoshan/BS-2.yaml", "宝山区人才服务中心（示例）", "没有这个单位")
      let unknown = await failure { try await world.haiju.services.publish(folder: folder.path, as: system) }
      guard case .invalid(let unitFaults) = unknown else { return #expect(Bool(false), "not .invalid") }
      #expect(unitFaults.map(\.field) == ["baoshan/BS-2.yaml"])
      #expect(try await world.number("SELECT count(*) FROM service_definition") == 0)
      #expect(try await world.haiju.services.list(as: world.visitor).total == 0)
      #expect(try await world.audited(.servicePublish, .refused) == 2)
    }
  }

  @Test("Only the system administrator publishes", arguments: ["secadmin", "auditadmin", "reviewer1", "clerk.city"])
  func permission(name: String) async throws {
    try await World.with { world in
      let actor = try world.actor(name)
      #expect(
        await failure { try await world.haiju.services.publish(folder: World.definitions, as: actor) }
          == .forbidden(.servicePublish))
      #expect(try await world.audited(.servicePublish, .refused) == 1)
    }
  }

  @Test("What one process publishes, another that has read before sees soon")
  func otherProcess() async throws {
    try await World.with { world in
      var configuration = world.configuration
      configuration.projects = false
      let other = try await Haiju.open(configuration)
      #expect(try await other.services.list(as: world.visitor).total == 0)
      try await world.publishServices()
      let published = ContinuousClock.now
      #expect(try await world.haiju.services.list(as: world.visitor).total == 60)
      var seen = 0
      while seen == 0, published.duration(to: .now) < .seconds(10) {
        seen = try await other.services.list(as: world.visitor).total
        try await Task.sleep(for: .milliseconds(20))
      }
      await other.close()
      #expect(seen == 60)
    }
  }

  @Test("Two publications at the same moment give one version each time")
  func concurrentPublications() async throws {
    try await World.with { world in
      let reports = await concurrently(4) { _ in try await world.publishServices() }
      #expect(reports.failures.isEmpty)
      #expect(reports.values.map(\.published.count).sorted() == [0, 0, 0, 60])
      let rows = try await world.number("SELECT count(*) FROM service_definition")
      #expect(rows == 60)
    }
  }

  @Test("The list narrows by words, area and category, and counts what each choice would give")
  func narrowing() async throws {
    try await World.with { world in
      try await world.publishServices()
      let services = world.haiju.services
      let all = try await services.list(as: world.visitor)
      #expect(all.entries.allSatisfy { $0.eligibility == nil })
      #expect(all.areaCounts.map(\.area) == [.city, .minhang, .baoshan])
      #expect(all.areaCounts.map(\.count) == [29, 11, 20])
      #expect(all.categoryCounts.reduce(0) { $0 + $1.count } == 60)
      for part in all.categoryCounts {
        let list = try await services.list(ServiceQuery(area: .baoshan, category: part.category), as: world.visitor)
        #expect(list.entries.allSatisfy { $0.definition.category == part.category && $0.definition.area == .baoshan })
        #expect(list.categoryCounts.reduce(0) { $0 + $1.count } == 20)
        #expect(list.areaCounts.reduce(0) { $0 + $1.count } == part.count)
      }
      let found = try await services.list(ServiceQuery(text: "牌照"), as: world.visitor)
      #expect(found.entries.first?.definition.id == World.plate)
      #expect(try await services.list(ServiceQuery(text: " "), as: world.visitor).total == 60)
      let long = ServiceQuery(text: String(repeating: "长", count: 101))
      #expect(await failure { try await services.list(long, as: world.visitor) }?.code == "invalid.too_long")
    }
  }

  @Test("A person sees what is open and why, before and after certification, and after it has run out")
  func eligibility() async throws {
    try await World.with { world in
      try await world.publishServices()
      let services = world.haiju.services
      let talent = try await world.registeredTalent()
      let before = try await services.require(World.plate, as: talent.actor).eligibility
      #expect(before?.open == false)
      #expect(before?.reasons == ["还不能，因为您没有有效的人才认定，请先完成认定"])
      #expect(try await services.list(as: talent.actor).entries.allSatisfy { $0.eligibility?.reasons.isEmpty == false })
      let (certified, _) = try await world.certifiedTalent()
      #expect(try await services.require(World.plate, as: certified.actor).eligibility?.open == true)
      let open = try await services.list(ServiceQuery(onlyOpen: true), as: certified.actor)
      let openBefore = try await services.list(ServiceQuery(onlyOpen: true), as: talent.actor)
      #expect(open.total > openBefore.total)
      #expect(open.entries.allSatisfy { $0.eligibility?.open == true })
      world.clock.advance(.seconds(86_400 * 366 * 3))
      #expect(try await services.require(World.plate, as: certified.actor).eligibility?.open == false)
    }
  }

  @Test("A revoked code closes what needed it; a district's services are for its employers' people")
  func revokedAndDistricts() async throws {
    try await World.with { world in
      try await world.publishServices()
      let services = world.haiju.services
      let (talent, certification) = try await world.certifiedTalent()
      _ = try await world.number(
        "UPDATE talent_code SET revoked_at = now() WHERE code = $1 RETURNING 1::bigint", certification.code)
      #expect(try await services.require(World.plate, as: talent.actor).eligibility?.open == false)
      for district in [District.city, .minhang, .baoshan] {
        let employer = try #require(world.employers.first { $0.district == district })
        let person = try await world.certifiedTalent(employer: employer.id, degree: .doctor).talent
        let answer = try await services.require("MH-11", as: person.actor).eligibility
        #expect(answer?.open == (district == .minhang))
      }
    }
  }
}
