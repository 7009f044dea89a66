import Kernel

/// One generated person with the whole story, computed from seed and number alone.
struct SamplePerson: Sendable {
  let id: PersonID
  let name: String
  let identity: IdentityNumber
  let phone: PhoneNumber
  let degree: Degree
  let jobTitle: String
  /// The employer, as a number to be taken modulo the employers there are.
  let employerChoice: Int
  let state: RegistrationState
  let certificationCase: CertificationCaseID
  let certification: Identifier<Certification>
  let code: TalentCode
  let submittedAt: Instant
  let employerDecidedAt: Instant
  let departmentDecidedAt: Instant
  /// Where the numbers for the person's service case come from.
  let random: SplitMix64
}

/// Generates people: the same seed and number give the same person on every machine and on every day.
///
/// Identity numbers are right in form, check digit included, but no real ones: the area code 310100 stands for the city
/// itself and is not given to anybody. Phones begin with 1990.
struct SamplePeople: Sendable {
  let seed: UInt64

  /// The last day of the stories; fixed, since otherwise tomorrow's run would give other people.
  static let lastDay = CivilDate(year: 2026, month: 1, day: 1) ?? CivilDate(daysSince1970: 20_454)
  private static let firstBirthday = CivilDate(year: 1962, month: 1, day: 1) ?? CivilDate(daysSince1970: -2922)
  /// Up to the end of 2003.
  private static let birthdays = 15_340
  /// More people than this have no numbers of their own.
  static let most = 1_000_000

  /// The person with a number, from 0; `nil` outside 0..<1 000 000.
  func person(_ number: Int) -> SamplePerson? {
    guard (0..<Self.most).contains(number), let identity = identity(number),
      let phone = PhoneNumber(checking: "1990" + Self.digits(number, 7))
    else { return nil }
    var random = SplitMix64(seed: seed, stream: number)
    let state = state(random.number(in: 0...99))
    let submittedAt = submission(state, using: &random)
    let employerDecidedAt = submittedAt + .seconds(random.number(in: 1...5) * 86_400 + random.number(in: 60...7200))
    let departmentDecidedAt =
      employerDecidedAt + .seconds(random.number(in: 1...5) * 86_400 + random.number(in: 60...3600))
    let degree = degree(random.number(in: 0...99))
    return SamplePerson(
      id: .make(at: submittedAt, using: &random), name: SampleNames.make(using: &random), identity: identity,
      phone: phone, degree: degree, jobTitle: SampleNames.job(degree, using: &random),
      employerChoice: random.number(in: 0...1_000_000), state: state,
      certificationCase: .make(at: submittedAt, using: &random),
      certification: .make(at: departmentDecidedAt, using: &random),
      code: TalentCode(random: (0..<12).map { _ in random.pick(TalentCode.alphabet) }[...]), submittedAt: submittedAt,
      employerDecidedAt: employerDecidedAt, departmentDecidedAt: departmentDecidedAt, random: random)
  }

  /// Numbers walk over all birthdays before a sequence number comes up again, and seeds that differ in their last
  /// digit have sequence numbers of their own, so no two people share an identity number.
  private func identity(_ number: Int) -> IdentityNumber? {
    let day = (number * 7919 + Int(seed % 15_013)) % Self.birthdays
    let (year, month, dayOfMonth) = CivilDate(daysSince1970: Self.firstBirthday.daysSince1970 + day).components
    let sequence = Int(seed % 10) * 100 + number / Self.birthdays
    let birthday = Self.digits(year, 4) + Self.digits(month, 2) + Self.digits(dayOfMonth, 2)
    return IdentityNumber.completing("310100\(birthday)\(Self.digits(sequence, 3))", today: Self.lastDay)
  }

  private func state(_ percent: Int) -> RegistrationState {
    switch percent {
    case ..<72: .certified
    case ..<84: .awaitingEmployer
    case ..<94: .awaitingDepartment
    default: .returned
    }
  }

  private func degree(_ percent: Int) -> Degree {
    switch percent {
    case ..<12: .doctor
    case ..<42: .master
    case ..<80: .bachelor
    default: .other
    }
  }

  /// In working hours; finished stories began some time ago, open ones lately.
  private func submission(_ state: RegistrationState, using random: inout SplitMix64) -> Instant {
    let daysAgo = state.isOpen ? random.number(in: 12...40) : random.number(in: 20...500)
    let day = CivilDate(daysSince1970: Self.lastDay.daysSince1970 - daysAgo)
    return day.start() + .milliseconds(random.number(in: 8 * 3_600_000...18 * 3_600_000))
  }

  private static func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
