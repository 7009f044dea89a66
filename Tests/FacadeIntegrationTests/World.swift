import Documents
import Kernel
import Migration
import Relational
import Synchronization
import TestSupport

@testable import Facade

/// Haiju over real stores with a database, a document database and keys of its own, and the sample organisation in it.
///
/// ```swift
/// try await World.with { world in
///   let talent = try await world.registeredTalent()
///   _ = try await world.haiju.certifications.approve(talent.certificationCase, as: world.officer)
/// }
/// ```
final class World: Sendable {
  let haiju: Haiju
  /// A second way into PostgreSQL, to look behind the facade.
  let database: Database
  /// The time that Haiju goes by: 14:30 in Shanghai on 24 November 2026, until a test moves it.
  let clock: MovableClock
  let configuration: HaijuConfiguration
  /// The sample employers, by name.
  let employers: [Employer]
  /// The staff accounts with their passwords.
  let staff: [BootstrapAccount]
  private let accounts: [String: Account]
  private let counter = Atomic<Int>(0)
  private let place: WorldGate.Place

  /// Opens a world, runs the body and closes everything; `adjust` changes the configuration before Haiju sees it.
  static func with(
    adjust: (inout HaijuConfiguration) -> Void = { _ in }, _ body: (World) async throws -> Void
  ) async throws {
    let world = try await open(adjust)
    do {
      try await body(world)
    } catch {
      await world.close()
      throw error
    }
    await world.close()
  }

  static func open(_ adjust: (inout HaijuConfiguration) -> Void) async throws -> World {
    let place = await WorldGate.shared.place()
    let template = try await TemplateDatabase.shared.value()
    let clock = MovableClock()
    var configuration = HaijuConfiguration(
      relational: try await template.copy(), documents: try await freshDocuments(), cache: try await redis(),
      keyFile: try freshKeyFile())
    configuration.passwordRounds = TemplateDatabase.passwordRounds
    configuration.clock = clock
    configuration.poolSize = 6
    configuration.documentWorkers = 2
    adjust(&configuration)
    return try await World(configuration, clock, template.accounts, place)
  }

  private init(
    _ configuration: HaijuConfiguration, _ clock: MovableClock, _ staff: [BootstrapAccount], _ place: WorldGate.Place
  ) async throws {
    self.place = place
    self.configuration = configuration
    self.clock = clock
    self.staff = staff
    database = try await Database.open(RelationalConfiguration(uri: configuration.relational, poolSize: 2))
    haiju = try await Haiju.open(configuration)
    employers = try await haiju.employers.list(as: .system("test"))
    let known = try await haiju.accounts.list(page: .first(200), as: .system("test")).items
    accounts = Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0) })
  }

  func close() async {
    await haiju.close()
    await database.close()
  }
}

// MARK: - Who acts

extension World {
  /// The officer of `employers[0]`.
  var officer: Actor { get throws { try officer(of: employers[0].id) } }
  /// One of two reviewers.
  var reviewer: Actor { get throws { try actor("reviewer1") } }
  /// The other one.
  var secondReviewer: Actor { get throws { try actor("reviewer2") } }

  /// The officer of an employer.
  func officer(of employer: EmployerID) throws -> Actor {
    guard let account = accounts.values.first(where: { $0.employer == employer }) else { throw Missing.account }
    return account.actor(address: "203.0.113.5", trace: "test")
  }

  /// The window clerk of a district's unit.
  func clerk(_ district: District = .city) throws -> Actor { try actor("clerk.\(district.rawValue)") }

  /// A staff account by its name: `sysadmin`, `secadmin`, `auditadmin`, `reviewer1`, `officer1`, …
  func actor(_ name: String) throws -> Actor {
    guard let account = accounts[name] else { throw Missing.account }
    return account.actor(address: "203.0.113.5", trace: "test")
  }

  /// Somebody who has not signed in.
  var visitor: Actor { .anonymous(address: "203.0.113.9", trace: "test") }

  private enum Missing: Error { case account }
}

// MARK: - People

extension World {
  /// A person with an account and an open certification case.
  struct Talent: Sendable {
    let person: Person
    let actor: Actor
    let certificationCase: CertificationCaseID
    let password: String
    let account: String
  }

  /// What somebody new would type: every call gives another identity number, phone and account name.
  func draft(employer: EmployerID? = nil, degree: Degree = .master, born: String = "19900506") -> PersonDraft {
    let number = counter.add(1, ordering: .relaxed).newValue
    // 999 people share a birth date; after them another area begins.
    let area = 310_101 + number / 999
    let order = String(1000 + number % 999).dropFirst()
    let identity = IdentityNumber.completing("\(area)\(born)\(order)", today: CivilDate(clock.now()))
    return PersonDraft(
      name: "李明", identityNumber: identity?.text ?? "", phone: "138\(10_000_000 + number)",
      employer: employer ?? employers[0].id, degree: degree, jobTitle: "工程师", account: "talent\(number)",
      password: "Blue7-river-\(number)")
  }

  /// Registers somebody new; by default at `employers[0]`.
  func registeredTalent(
    employer: EmployerID? = nil, degree: Degree = .master, born: String = "19900506"
  ) async throws -> Talent {
    let draft = draft(employer: employer, degree: degree, born: born)
    let registration = try await haiju.people.register(draft, as: visitor).value
    let person = registration.person
    let actor = Actor(
      account: registration.account, role: .talent, displayName: person.displayName, person: person.id,
      address: "203.0.113.9", trace: "test")
    return Talent(
      person: person, actor: actor, certificationCase: registration.certificationCase, password: draft.password,
      account: draft.account)
  }

  /// Registers and certifies somebody new.
  func certifiedTalent(
    employer: EmployerID? = nil, degree: Degree = .master
  ) async throws -> (talent: Talent, certification: Certification) {
    let talent = try await registeredTalent(employer: employer, degree: degree)
    let officer = try officer(of: talent.person.employer)
    _ = try await haiju.certifications.approve(talent.certificationCase, as: officer)
    let outcome = try await haiju.certifications.approve(talent.certificationCase, as: reviewer).value
    guard let certification = outcome.certification else { throw NotCertified() }
    return (talent, certification)
  }

  private struct NotCertified: Error {}
}

// MARK: - Looking behind the facade

extension World {
  /// The number that a statement answers with.
  func number(_ sql: String, _ values: any SQLEncodable...) async throws -> Int64 {
    try await database.query(Statement<Int64>("test", sql), with: values).first ?? -1
  }

  /// The text that a statement answers with.
  func text(_ sql: String, _ values: any SQLEncodable...) async throws -> String? {
    try await database.query(Statement<String?>("test", sql), with: values).first ?? nil
  }

  /// How many audit entries of an operation there are, with a result and reason.
  func audited(_ operation: Operation, _ result: AuditResult, reason: String? = nil) async throws -> Int64 {
    try await number(
      "SELECT count(*) FROM audit_entry WHERE operation = $1 AND result = $2 AND ($3::text IS NULL OR reason = $3)",
      operation.rawValue, result.rawValue, reason)
  }
}

/// What a call threw; `nil` when it threw nothing.
func failure(_ body: () async throws -> some Any) async -> HaijuError? {
  do { _ = try await body() } catch { return error as? HaijuError }
  return nil
}

/// Runs several calls at the same moment; their values and the errors of Haiju that they threw.
func concurrently<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
) async -> (values: [Value], failures: [HaijuError]) {
  await withTaskGroup(of: Result<Value, any Error>.self) { group in
    for number in 0..<count {
      group.addTask {
        do { return .success(try await body(number)) } catch { return .failure(error) }
      }
    }
    var values: [Value] = []
    var failures: [HaijuError] = []
    for await result in group {
      switch result {
      case .success(let value): values.append(value)
      case .failure(let error): failures.append(error as? HaijuError ?? .fault("\(error)"))
      }
    }
    return (values, failures)
  }
}

/// A clock that stands still until it is moved.
final class MovableClock: WallClock {
  private let time = Mutex(Instant(seconds: 1_795_501_800))

  func now() -> Instant { time.withLock { $0 } }

  /// Moves it forward.
  func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}
