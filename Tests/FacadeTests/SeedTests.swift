import Kernel
import Testing

@testable import Facade

@Suite("Generated people")
struct SeedTests {
  @Test("The generator gives the published numbers of SplitMix64")
  func generator() {
    var random = SplitMix64(seed: 1_234_567)
    let numbers = (0..<5).map { _ in random.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test("The same seed and number give the same person; another seed gives others")
  func deterministic() throws {
    for number in [0, 1, 499, 9_999, 999_999] {
      let one = try #require(SamplePeople(seed: 1).person(number))
      let again = try #require(SamplePeople(seed: 1).person(number))
      #expect(one.id == again.id && one.name == again.name && one.identity == again.identity)
      #expect(one.code == again.code && one.certificationCase == again.certificationCase && one.state == again.state)
      #expect(SamplePeople(seed: 2).person(number)?.id != one.id)
    }
    #expect(SamplePeople(seed: 1).person(-1) == nil)
    #expect(SamplePeople(seed: 1).person(1_000_000) == nil)
  }

  @Test("Twenty thousand people of two seeds have as many ids, identity numbers and talent codes, all of them right")
  func unique() throws {
    let people = try [UInt64(1), 2].flatMap { seed in
      try (0..<10_000).map { try #require(SamplePeople(seed: seed).person($0)) }
    }
    #expect(Set(people.map(\.id)).count == people.count)
    #expect(Set(people.map(\.identity.text)).count == people.count)
    #expect(Set(people.map(\.code.text)).count == people.count)
    #expect(people.allSatisfy { IdentityNumber(checking: $0.identity.text) != nil && TalentCode.isValid($0.code.text) })
    #expect(people.allSatisfy { $0.identity.text.hasPrefix("310100") && $0.phone.text.hasPrefix("1990") })
    #expect(people.allSatisfy { (2...4).contains($0.name.count) })
  }

  @Test("There are people of every degree and of every state that the rule leaves, and all are grown up")
  func mixture() throws {
    let people = try (0..<2000).map { try #require(SamplePeople(seed: 1).person($0)) }
    #expect(Set(people.map(\.degree)) == Set(Degree.allCases))
    #expect(Set(people.map(\.state)) == [.certified, .awaitingEmployer, .awaitingDepartment, .returned])
    #expect((1300...1600).contains(people.count { $0.state == .certified }))
    #expect(people.allSatisfy { completedYears(from: $0.identity.birthDate, to: SamplePeople.lastDay) >= 18 })
    #expect(
      people.allSatisfy { $0.submittedAt < $0.employerDecidedAt && $0.employerDecidedAt < $0.departmentDecidedAt })
    #expect(people.allSatisfy { CivilDate($0.departmentDecidedAt) <= SamplePeople.lastDay })
  }

  @Test("Distinct people keep distinct numbers up to the last one")
  func wholeRange() throws {
    var seen: Set<String> = []
    for number in stride(from: 0, to: 1_000_000, by: 15_340) {
      for near in number..<min(number + 3, 1_000_000) {
        let person = try #require(SamplePeople(seed: 7).person(near))
        #expect(seen.insert(person.identity.text).inserted)
      }
    }
  }
}
