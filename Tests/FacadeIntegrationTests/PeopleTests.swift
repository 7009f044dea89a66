import Facade
import Foundation
import Kernel
import Testing

@Suite struct PeopleTests {
  @Test("Registering makes person, account, dossier and case in one commit, and the person can sign in")
  func register() async throws {
    try await World.with { world in
      let draft = world.draft()
      let committed = try await world.haiju.people.register(draft, as: world.visitor)
      let person = committed.value.person
      #expect(person.identityMasked.hasPrefix("310***********"))
      #expect(person.phoneMasked == "138****" + draft.phone.suffix(4))
      #expect(person.birthDate == CivilDate("1990-05-06"))
      #expect(person.state == .awaitingEmployer)
      let session = try await world.haiju.accounts.signIn(
        name: draft.account, password: draft.password, as: world.visitor)
      let actor = try await world.haiju.accounts.actor(token: session.token, address: "a", trace: "t")
      #expect(try await world.haiju.people.require(person.id, as: actor) == person)
      let steps = try await world.haiju.certifications.steps(committed.value.certificationCase, as: actor)
      #expect(steps.map(\.action) == ["submit"])
      #expect(try await world.audited(.personRegister, .done) == 1)
      // One transaction wrote all of it.
      let transactions = try await world.number(
        """
        SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM person UNION ALL SELECT xmin::text FROM certification_case
          UNION ALL SELECT xmin::text FROM dossier_change UNION ALL SELECT xmin::text FROM audit_entry
           WHERE operation = 'person.register') AS rows
        """)
      #expect(transactions == 1)
      #expect(try await world.number("SELECT max(revision) FROM dossier_change WHERE person_id = $1", person.id) == 2)
    }
  }

  @Test("All wrong fields are told at once, in Chinese; nothing is stored, and the refusal is on record")
  func faults() async throws {
    try await World.with { world in
      let before = try await world.number("SELECT count(*) FROM account")
      let draft = PersonDraft(
        name: "张", identityNumber: "11010519491231002A", phone: "12345", employer: EmployerID.make(),
        jobTitle: String(repeating: "长", count: 41), account: "A b", password: "123")
      guard
        case .invalid(let faults) = await failure({ try await world.haiju.people.register(draft, as: world.visitor) })
      else {
        Issue.record("not refused as invalid")
        return
      }
      #expect(
        Set(faults.map(\.field)) == ["name", "identityNumber", "phone", "employer", "jobTitle", "account", "password"])
      #expect(faults.allSatisfy { $0.message.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } })
      #expect(try await world.number("SELECT count(*) FROM person") == 0)
      #expect(try await world.number("SELECT count(*) FROM account") == before)
      #expect(try await world.audited(.personRegister, .refused) == 1)
    }
  }

  @Test(
    "Each wrong part of an identity number has its own answer",
    arguments: [("110105202712310026", "future"), ("110105199002300023", "date"), ("110105194912310021", "check")])
  func identityFaults(_ number: String, _ code: String) async throws {
    try await World.with { world in
      var draft = world.draft()
      draft.identityNumber = number
      #expect(
        await failure { try await world.haiju.people.register(draft, as: world.visitor) }?.code == "invalid.\(code)")
    }
  }

  @Test("Ten registrations of one identity at the same moment make one person; the others hear that it is known")
  func oneIdentityOnce() async throws {
    try await World.with { world in
      let base = world.draft()
      let visitor = world.visitor
      let answers = await concurrently(10) { number in
        var draft = base
        draft.account = "same\(number)"
        if number.isMultiple(of: 2) { draft.identityNumber = " \(draft.identityNumber.lowercased()) " }
        return try await world.haiju.people.register(draft, as: visitor)
      }
      #expect(answers.values.count == 1)
      #expect(answers.failures.count == 9)
      #expect(answers.failures.allSatisfy { $0.code == "duplicate.identityNumber" })
      let people = try await world.number("SELECT count(*) FROM person")
      #expect(people == 1)
      #expect(try await world.number("SELECT count(*) FROM account WHERE role = 'talent'") == 1)
      #expect(try await world.number("SELECT count(*) FROM dossier_head") == 1)
      #expect(try await world.audited(.personRegister, .refused, reason: "duplicate.identityNumber") == 9)
    }
  }

  @Test("An account name is given once")
  func accountNameOnce() async throws {
    try await World.with { world in
      _ = try await world.haiju.people.register(world.draft(), as: world.visitor)
      var draft = world.draft()
      draft.account = "talent1"
      #expect(
        await failure { try await world.haiju.people.register(draft, as: world.visitor) }?.code == "duplicate.account")
      #expect(try await world.number("SELECT count(*) FROM person") == 1)
    }
  }

  @Test("MLPS-DC-2: neither identity number nor phone stands in any table in clear, and each opens only in its place")
  func sealed() async throws {
    try await World.with { world in
      let draft = world.draft()
      let person = try await world.haiju.people.register(draft, as: world.visitor).value.person
      for table in ["person", "account", "certification_case", "dossier_change", "audit_entry", "outbox"] {
        let found = try await world.number(
          "SELECT count(*) FROM \(table) t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'",
          draft.identityNumber, draft.phone)
        #expect(found == 0, "clear text in \(table)")
      }
      let reviewer = try world.reviewer
      #expect(
        try await world.haiju.people.reveal(.identityNumber, of: person.id, purpose: "核对身份", as: reviewer)
          == draft.identityNumber)
      #expect(try await world.haiju.people.reveal(.phone, of: person.id, purpose: "电话联系", as: reviewer) == draft.phone)
      #expect(try await world.audited(.personReveal, .done, reason: "phone: 电话联系") == 1)
      _ = try await world.number("UPDATE person SET phone_sealed = identity_sealed RETURNING 1::bigint")
      #expect(
        await failure {
          try await world.haiju.people.reveal(.phone, of: person.id, purpose: "电话联系", as: reviewer)
        }?.code == "fault")
    }
  }

  @Test("MLPS-AC-8: another person's id, or one of another employer, is not found, and the look is on record")
  func otherPeople() async throws {
    try await World.with { world in
      let people = world.haiju.people
      let one = try await world.registeredTalent()
      let two = try await world.registeredTalent(employer: world.employers[1].id)
      #expect(try await people.require(one.person.id, as: world.officer).id == one.person.id)
      #expect(try await people.require(two.person.id, as: world.reviewer).id == two.person.id)
      #expect(await failure { try await people.require(two.person.id, as: one.actor) } == .notFound(.person))
      #expect(await failure { try await people.require(two.person.id, as: world.officer) } == .notFound(.person))
      #expect(try await people.find(two.person.id, as: one.actor) == nil)
      #expect(
        await failure { try await people.reveal(.phone, of: two.person.id, purpose: "查看", as: one.actor) }
          == .notFound(.person))
      #expect(
        await failure { try await people.reveal(.phone, of: one.person.id, purpose: "查看", as: world.officer) }
          == .forbidden(.personReveal))
      #expect(
        await failure { try await people.reveal(.phone, of: one.person.id, purpose: " ", as: one.actor) }?.code
          == "invalid.required")
      for name in ["sysadmin", "secadmin", "auditadmin", "clerk.city"] {
        #expect(
          await failure { try await people.require(one.person.id, as: world.actor(name)) }
            == .forbidden(.personRead))
      }
      #expect(await failure { try await people.require(one.person.id, as: world.visitor) } == .unauthenticated)
      #expect(try await world.audited(.personRead, .refused, reason: "not_found.person") == 2)
    }
  }

  @Test("People are found by name, identity number, phone and employer; an officer finds only the own employer's")
  func search() async throws {
    try await World.with { world in
      let people = world.haiju.people
      var draft = world.draft()
      draft.name = "欧阳若兰"
      let wanted = try await people.register(draft, as: world.visitor).value.person
      let other = try await world.registeredTalent(employer: world.employers[1].id).person
      let (reviewer, stranger) = (try world.reviewer, try world.officer(of: world.employers[1].id))
      let queries: [PersonQuery] = [
        .named("欧阳"), .identity(draft.identityNumber.lowercased()), .phone("+86 " + draft.phone),
        .ofEmployer(world.employers[0].id),
      ]
      for query in queries {
        #expect(try await people.list(query, as: reviewer).items == [wanted])
        #expect(try await people.list(query, as: stranger).items == [])
      }
      #expect(try await people.list(.all, as: stranger).items == [other])
      #expect(try await people.list(.named("若兰"), as: reviewer).items.isEmpty)
      #expect(try await people.list(.named("%"), as: reviewer).items.isEmpty)
      #expect(await failure { try await people.list(.phone("1"), as: reviewer) }?.code == "invalid.phone")
      #expect(
        await failure { try await people.list(.all, page: PageRequest(size: 1, after: "x"), as: reviewer) }?.code
          == "invalid.cursor")
    }
  }

  @Test("Pages follow one another without gap or repetition")
  func pages() async throws {
    try await World.with { world in
      var registered: [PersonID] = []
      for number in 0..<7 {
        // Two people of the same millisecond, so that the order also hangs on the id.
        if number.isMultiple(of: 2) { world.clock.advance(.milliseconds(1)) }
        registered.append(try await world.registeredTalent().person.id)
      }
      var seen: [PersonID] = []
      var cursor: String?
      repeat {
        let page = try await world.haiju.people.list(
          .all, page: PageRequest(size: 3, after: cursor), as: world.reviewer)
        seen += page.items.map(\.id)
        cursor = page.next
      } while cursor != nil
      #expect(seen.count == 7)
      #expect(Set(seen) == Set(registered))
    }
  }

  @Test("An employer is entered once, with a right credit code, by those who may")
  func employers() async throws {
    try await World.with { world in
      let employers = world.haiju.employers
      var draft = EmployerDraft(
        name: "某科技有限公司", creditCode: "91350100M000100Y43", district: .minhang, isKeyIndustry: true)
      let employer = try await employers.insert(draft, as: world.reviewer).value
      #expect(try await employers.require(employer.id, as: world.visitor) == employer)
      #expect(try await employers.list(matching: "某科技", as: world.visitor) == [employer])
      #expect(try await employers.list(matching: "%", as: world.visitor).isEmpty)
      #expect(await failure { try await employers.insert(draft, as: world.reviewer) }?.code == "duplicate.name")
      draft.name = "另一家有限公司"
      #expect(
        await failure { try await employers.insert(draft, as: world.reviewer) }?.code == "duplicate.creditCode")
      draft.creditCode = "91350100M000100Y44"
      #expect(
        await failure { try await employers.insert(draft, as: world.reviewer) }?.code == "invalid.credit_code")
      #expect(await failure { try await employers.insert(draft, as: world.officer) } == .forbidden(.employerInsert))
      #expect(
        await failure { try await employers.require(EmployerID.make(), as: world.visitor) } == .notFound(.employer))
    }
  }
}
