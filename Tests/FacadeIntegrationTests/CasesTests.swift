import Foundation
import Kernel
import Testing

@testable import Facade

@Suite struct CasesTests {
  @Test("From application to rating every step shows who, for which unit and when, and each change is told once")
  func journey() async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let clerk = try world.clerk()
      let (talent, submitted) = try await world.submittedPlate()
      #expect(submitted.state == .submitted && submitted.revision == 1)
      // 24 November 2026 is a Tuesday; five working days later it is Tuesday again.
      #expect(submitted.promisedOn == CivilDate("2026-12-01"))
      #expect(submitted.form.map(\.label) == ["车辆型号", "购车日期", "动力类型"])
      #expect(try await cases.list(.awaiting, as: clerk).items.map(\.id) == [submitted.id])
      world.clock.advance(.seconds(60))
      let accepted = try await cases.accept(submitted.id, expecting: 1, comment: "材料齐全", as: clerk).value
      #expect(accepted.state == .accepted && accepted.revision == 2)
      world.clock.advance(.seconds(60))
      let completed = try await cases.complete(submitted.id, expecting: 2, result: "额度已发放（示例）", as: clerk).value
      #expect(completed.state == .completed && completed.finishedAt == world.clock.now())
      #expect(completed.result == "额度已发放（示例）")
      let rated = try await cases.rate(submitted.id, score: 5, comment: "很快", as: talent.actor).value
      #expect(rated.rating == ServiceCase.Rating(score: 5, comment: "很快"))
      let steps = try await cases.steps(submitted.id, as: talent.actor)
      #expect(steps.map(\.sequence) == [1, 2, 3, 4])
      #expect(steps.map(\.action) == [.submit, .accept, .complete, .rate])
      #expect(
        steps.map(\.actorName) == [
          talent.person.displayName, clerk.displayName, clerk.displayName, talent.person.displayName,
        ])
      #expect(steps.map(\.unitName) == [nil, submitted.unitName, submitted.unitName, nil])
      #expect(steps.map(\.comment) == [nil, "材料齐全", "额度已发放（示例）", "很快"])
      #expect(steps[0].at < steps[1].at && steps[1].at < steps[2].at)
      let notices = try await world.haiju.inbox.list(as: talent.actor).items.filter { $0.kind == .case }
      #expect(notices.count == 3)
      #expect(try await cases.list(.awaiting, as: clerk).items.isEmpty)
      #expect(try await cases.find(code: submitted.code.lowercased(), as: talent.actor)?.id == submitted.id)
      #expect(try await world.audited(.caseDecide, .done) == 2)
    }
  }

  @Test("One idempotency key gives one case, one step and one notice, however concurrently it is sent")
  func idempotency() async throws {
    try await World.with { world in
      try await world.publishServices()
      let (talent, _) = try await world.certifiedTalent()
      let draft = CaseDraft(service: World.plate, form: World.plateForm, idempotencyKey: "form-1")
      let answers = await concurrently(10) { _ in try await world.haiju.cases.submit(draft, as: talent.actor).value }
      #expect(answers.failures.isEmpty)
      #expect(Set(answers.values.map(\.id)).count == 1)
      #expect(try await world.number("SELECT count(*) FROM service_case") == 1)
      #expect(try await world.number("SELECT count(*) FROM service_case_step") == 1)
      #expect(try await world.number("SELECT count(*) FROM notice WHERE kind = 'case'") == 1)
      let other = CaseDraft(service: "BS-10", form: ["course": "焊接"], idempotencyKey: "form-1")
      #expect(
        await failure { try await world.haiju.cases.submit(other, as: talent.actor) }?.code == "refused.key_reused")
      let changed = World.plateForm.merging(["vehicleModel": "另一辆车"]) { $1 }
      let edited = CaseDraft(service: World.plate, form: changed, idempotencyKey: "form-1")
      #expect(
        await failure { try await world.haiju.cases.submit(edited, as: talent.actor) }?.code == "refused.key_reused")
      // The key belongs to the person: somebody else's equal key is another application.
      let (second, _) = try await world.certifiedTalent()
      #expect(try await world.haiju.cases.submit(draft, as: second.actor).value.id != answers.values[0].id)
    }
  }

  @Test("While a case of a service is unfinished there is no second one; after withdrawing there may be")
  func oneOpen() async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let (talent, first) = try await world.submittedPlate()
      let draft = CaseDraft(service: World.plate, form: World.plateForm)
      let again = await concurrently(5) { _ in try await cases.submit(draft, as: talent.actor) }
      #expect(again.values.isEmpty)
      #expect(again.failures.allSatisfy { $0.code == "refused.case_open" })
      _ = try await cases.withdraw(first.id, as: talent.actor)
      #expect(try await cases.submit(draft, as: talent.actor).value.id != first.id)
      #expect(try await cases.list(.mine, as: talent.actor).items.count == 2)
    }
  }

  @Test("Eligibility counts at the moment of sending, not at the moment of looking")
  func eligibilityInside() async throws {
    try await World.with { world in
      try await world.publishServices()
      let (talent, _) = try await world.certifiedTalent()
      #expect(try await world.haiju.services.require(World.plate, as: talent.actor).eligibility?.open == true)
      world.clock.advance(.seconds(86_400 * 366 * 3))
      let draft = CaseDraft(service: World.plate, form: World.plateForm)
      let refused = await failure { try await world.haiju.cases.submit(draft, as: talent.actor) }
      #expect(refused?.code == "refused.not_eligible")
      #expect(refused?.message.hasPrefix("还不能，因为") == true)
      #expect(try await world.number("SELECT count(*) FROM service_case") == 0)
      #expect(try await world.audited(.caseSubmit, .refused, reason: "refused.not_eligible") == 1)
    }
  }

  @Test("Wrong fields, unknown fields and unknown services are refused and leave nothing but a record")
  func wrongInput() async throws {
    try await World.with { world in
      try await world.publishServices()
      let (talent, _) = try await world.certifiedTalent()
      func submit(_ service: String, _ form: [String: String], key: String? = nil) async -> HaijuError? {
        await failure {
          try await world.haiju.cases.submit(
            CaseDraft(service: service, form: form, idempotencyKey: key), as: talent.actor)
        }
      }
      var form = World.plateForm
      form["$ne"] = "1"
      form["purchaseDate"] = "2026-13-01"
      guard case .invalid(let faults) = await submit(World.plate, form) else { return #expect(Bool(false)) }
      #expect(faults.map(\.field) == ["purchaseDate", "$ne"])
      #expect(await submit(World.plate, [:])?.code == "invalid.required")
      #expect(await submit(World.plate, World.plateForm, key: "")?.code == "invalid.length")
      #expect(await submit("SVC-没有-1", World.plateForm) == .notFound(.service))
      #expect(await submit("'; DROP TABLE service_case; --", [:]) == .notFound(.service))
      #expect(
        await failure {
          try await world.haiju.cases.submit(CaseDraft(service: World.plate, form: [:]), as: world.visitor)
        } == .unauthenticated)
      #expect(try await world.number("SELECT count(*) FROM service_case") == 0)
      #expect(try await world.audited(.caseSubmit, .refused) == 6)
    }
  }

  @Test("Of several clerks who accept at once exactly one does; a stale revision is a conflict")
  func concurrentAccept() async throws {
    try await World.with { world in
      try await world.publishServices()
      let (_, submitted) = try await world.submittedPlate()
      let clerk = try world.clerk()
      let blind = await concurrently(4) { _ in try await world.haiju.cases.accept(submitted.id, as: clerk) }
      #expect(blind.values.count == 1)
      #expect(blind.failures.allSatisfy { $0.code == "refused.case_state" })
      let (_, another) = try await world.submittedPlate()
      let careful = await concurrently(4) { _ in
        try await world.haiju.cases.accept(another.id, expecting: 1, as: clerk)
      }
      #expect(careful.values.count == 1)
      #expect(careful.failures.allSatisfy { $0 == .conflict(current: 2) })
      let steps = "SELECT count(*) FROM service_case_step WHERE action = 'accept'"
      #expect(try await world.number(steps) == 2)
      #expect(try await world.number("SELECT count(*) FROM notice WHERE event LIKE 'case.%.2'") == 2)
    }
  }

  @Test("Another person's case and another unit's case are not there, whatever is tried")
  func strangers() async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let (_, submitted) = try await world.submittedPlate()
      let stranger = try await world.registeredTalent().actor
      let foreign = try world.clerk(.baoshan)
      let id = submitted.id
      #expect(await failure { try await cases.require(id, as: stranger) } == .notFound(.serviceCase))
      #expect(await failure { try await cases.steps(id, as: stranger) } == .notFound(.serviceCase))
      #expect(await failure { try await cases.withdraw(id, as: stranger) } == .notFound(.serviceCase))
      #expect(await failure { try await cases.rate(id, score: 5, as: stranger) } == .notFound(.serviceCase))
      #expect(try await cases.find(code: submitted.code, as: stranger) == nil)
      #expect(await failure { try await cases.require(id, as: foreign) } == .notFound(.serviceCase))
      #expect(await failure { try await cases.accept(id, as: foreign) } == .notFound(.serviceCase))
      #expect(await failure { try await cases.accept(.make(), as: world.clerk()) } == .notFound(.serviceCase))
      #expect(try await cases.list(.awaiting, as: foreign).items.isEmpty)
      #expect(await failure { try await cases.accept(id, as: stranger) } == .forbidden(.caseDecide))
      #expect(await failure { try await cases.require(id, as: world.reviewer) } == .forbidden(.caseRead))
      #expect(try await world.audited(.caseRead, .refused) == 5)
      #expect(try await cases.require(id, as: world.clerk()).revision == 1)
    }
  }

  @Test("A finished case accepts nothing", arguments: ["complete", "refuse", "withdraw"])
  func finished(ending: String) async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let clerk = try world.clerk()
      let (talent, submitted) = try await world.submittedPlate()
      let id = submitted.id
      if ending == "withdraw" {
        _ = try await cases.withdraw(id, as: talent.actor)
      } else {
        _ = try await cases.accept(id, as: clerk)
        _ =
          ending == "refuse"
          ? try await cases.refuse(id, comment: "不符合条件", as: clerk)
          : try await cases.complete(id, result: "办好", as: clerk)
      }
      let before = try await cases.require(id, as: clerk)
      for attempt in [
        await failure { try await cases.accept(id, as: clerk) },
        await failure { try await cases.complete(id, result: "再办", as: clerk) },
        await failure { try await cases.sendBack(id, comment: "补正", as: clerk) },
        await failure { try await cases.refuse(id, comment: "不办", as: clerk) },
        await failure { try await cases.withdraw(id, as: talent.actor) },
        await failure { try await cases.resubmit(id, form: World.plateForm, as: talent.actor) },
      ] {
        #expect(attempt?.code == "refused.case_finished")
      }
      #expect(try await cases.require(id, as: clerk) == before)
    }
  }

  @Test("A returned case comes back corrected, with a new promised day")
  func correction() async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let clerk = try world.clerk()
      let (talent, submitted) = try await world.submittedPlate()
      let id = submitted.id
      #expect(await failure { try await cases.sendBack(id, comment: " ", as: clerk) }?.code == "invalid.required")
      _ = try await cases.sendBack(id, comment: "请更正型号", as: clerk)
      #expect(try await cases.list(.awaiting, as: clerk).items.isEmpty)
      world.clock.advance(.seconds(86_400))
      var form = World.plateForm
      form["vehicleModel"] = "海豹 EV"
      let again = try await cases.resubmit(id, form: form, as: talent.actor).value
      #expect(again.state == .submitted && again.form[0].value == "海豹 EV")
      #expect(again.promisedOn == CivilDate("2026-12-02"))
      #expect(try await cases.steps(id, as: talent.actor).map(\.action) == [.submit, .sendBack, .resubmit])
      #expect(cases.actions(on: again, as: clerk) == [.accept, .sendBack, .refuse])
      #expect(cases.actions(on: again, as: talent.actor) == [.withdraw])
    }
  }

  @Test("A completed case is rated once, by the applicant, with one to five points")
  func rating() async throws {
    try await World.with { world in
      try await world.publishServices()
      let cases = world.haiju.cases
      let clerk = try world.clerk()
      let (talent, submitted) = try await world.submittedPlate()
      let id = submitted.id
      #expect(await failure { try await cases.rate(id, score: 5, as: talent.actor) }?.code == "refused.not_completed")
      _ = try await cases.accept(id, as: clerk)
      _ = try await cases.complete(id, result: "办好", as: clerk)
      for score in [0, 6, -1, Int.max] {
        #expect(await failure { try await cases.rate(id, score: score, as: talent.actor) }?.code == "invalid.range")
      }
      #expect(await failure { try await cases.rate(id, score: 5, as: clerk) } == .forbidden(.caseRate))
      let ratings = await concurrently(4) { try await cases.rate(id, score: 1 + $0, as: talent.actor) }
      #expect(ratings.values.count == 1)
      #expect(ratings.failures.allSatisfy { $0.code == "refused.rated" })
      #expect(try await world.number("SELECT count(*) FROM service_rating") == 1)
    }
  }

  @Test("Pages of the queue show every case once, oldest first")
  func queuePages() async throws {
    try await World.with { world in
      try await world.publishServices()
      var expected: [ServiceCaseID] = []
      for _ in 0..<5 {
        expected.append(try await world.submittedPlate().serviceCase.id)
        world.clock.advance(.seconds(1))
      }
      var seen: [ServiceCaseID] = []
      var request = PageRequest.first(2)
      while true {
        let page = try await world.haiju.cases.list(.awaiting, page: request, as: world.clerk())
        seen += page.items.map(\.id)
        guard let next = page.next else { break }
        request = PageRequest(size: 2, after: next)
      }
      #expect(seen == expected)
      let wrong = PageRequest(size: 2, after: "nonsense")
      #expect(
        await failure { try await world.haiju.cases.list(.awaiting, page: wrong, as: world.clerk()) }?.code
          == "invalid.cursor")
    }
  }

  @Test("What was filled in is ciphertext in the table and opens for no other case")
  func sealedForm() async throws {
    try await World.with { world in
      try await world.publishServices()
      let (_, first) = try await world.submittedPlate()
      let (other, second) = try await world.submittedPlate()
      #expect(
        try await world.number(
          "SELECT count(*) FROM service_case WHERE position(convert_to('海豚', 'UTF8') in form_sealed) > 0") == 0)
      _ = try await world.number(
        """
        UPDATE service_case SET form_sealed = (SELECT form_sealed FROM service_case WHERE id = $1)
         WHERE id = $2 RETURNING 1::bigint
        """, first.id, second.id)
      guard case .fault = await failure({ try await world.haiju.cases.require(second.id, as: other.actor) }) else {
        return #expect(Bool(false), "a moved form was opened")
      }
    }
  }
}
