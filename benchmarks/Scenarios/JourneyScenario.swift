import Foundation

/// The journey of the first issue as load: people register, are approved and certified, look at services and their
/// dossier, apply, are served by a clerk, rate, and record readings.
///
/// Each of the users is a person of its own who registers and is certified before the clock starts; staff work through
/// the shared accounts of one officer, one reviewer and one clerk. Every run makes new people: identity numbers come from
/// the system's random source, because a database that has seen a run refuses the same person again.
public struct JourneyScenario: Sendable {
  private let staff: Staff
  private let onRegistered: @Sendable (String) -> Void

  /// Signs the staff in; `accounts` is the file that `./run` names, with lines `role<TAB>account<TAB>password`.
  ///
  /// `onRegistered` gets the id of each person whose registration was acknowledged, for checks after a kill.
  public init(
    against target: LoadTarget, accounts file: String, onRegistered: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws {
    staff = try await Staff(target, accounts: StaffAccount.read(file))
    self.onRegistered = onRegistered
  }

  /// Registrations alone, one after the other.
  public var registrations: LoadScenario {
    LoadScenario(
      name: "registrations",
      operations: [LoadOperation("person.register") { try await register($0, remember: false) }])
  }

  /// The scenario.
  public var scenario: LoadScenario {
    LoadScenario(
      name: "journey", prepare: { user in try await becomeTalent(user) },
      operations: [
        LoadOperation("services.list", weight: 16) { try await $0.send(.get, "/api/v1/services") },
        LoadOperation("services.search", weight: 10) { user in
          let word = user.pick(["牌照", "租房", "健康", "培训", "托育", "法律"]) ?? "牌照"
          try await user.send(.get, "/api/v1/services?text=\(percentEncoded(word))")
        },
        LoadOperation("service.read", weight: 10) { user in
          let service = user.pick([Self.plate, "MH-9", "BS-5", "SVC-安居保障-3"]) ?? Self.plate
          try await user.send(.get, "/api/v1/services/\(percentEncoded(service))")
        },
        LoadOperation("page.services", weight: 6) { try await $0.send(.get, "/services") },
        LoadOperation("dossier.read", weight: 16) { user in
          try await user.send(.get, "/api/v1/people/\(user["person"] ?? "")/dossier")
        },
        LoadOperation("certification.read", weight: 6) { user in
          try await user.send(.get, "/api/v1/people/\(user["person"] ?? "")/certification")
        },
        LoadOperation("inbox.read", weight: 6) { try await $0.send(.get, "/api/v1/inbox") },
        LoadOperation("reading.record", weight: 10) { user in
          let values = [
            Value(kind: "systolic", value: 110 + user.random(below: 25)),
            Value(kind: "diastolic", value: 65 + user.random(below: 20)),
          ]
          try await user.send(.post, "/api/v1/people/\(user["person"] ?? "")/readings", json: ["values": values])
        },
        LoadOperation("reading.trend", weight: 6) { user in
          try await user.send(.get, "/api/v1/people/\(user["person"] ?? "")/readings/systolic")
        },
        LoadOperation("case.submit", weight: 4, when: { $0["case"] == nil }) { user in
          let form = ["vehicleModel": "示例车型", "purchaseDate": "2026-01-05"]
          let answer = try await user.send(.post, "/api/v1/cases", json: Application(service: Self.plate, form: form))
          user["case"] = try answer.decode(Identified.self).id
          user["stage"] = "submitted"
        },
        LoadOperation("case.accept", weight: 4, when: { $0["stage"] == "submitted" }) { user in
          try await asStaff(user, staff.clerk, "/api/v1/cases/\(user["case"] ?? "")/accept", [:])
          user["stage"] = "accepted"
        },
        LoadOperation("case.complete", weight: 4, when: { $0["stage"] == "accepted" }) { user in
          try await asStaff(user, staff.clerk, "/api/v1/cases/\(user["case"] ?? "")/complete", ["result": "已办结"])
          user["stage"] = "completed"
        },
        LoadOperation("case.rate", weight: 4, when: { $0["stage"] == "completed" }) { user in
          try await user.send(.post, "/api/v1/cases/\(user["case"] ?? "")/rating", json: ["score": 5])
          user["stage"] = nil
          user["case"] = nil
        },
        LoadOperation("person.register", weight: 2) { try await register($0, remember: false) },
        LoadOperation("certification.approve", weight: 2, when: { $0["waiting"] != nil }) { user in
          let waiting = user["waiting"] ?? ""
          try await asStaff(user, staff.officer, "/api/v1/certification-cases/\(waiting)/approve", [:])
          try await asStaff(user, staff.reviewer, "/api/v1/certification-cases/\(waiting)/approve", [:])
          user["waiting"] = nil
        },
      ])
  }

  /// 新能源牌照, the service that the journey applies for.
  private static let plate = "SVC-交通出行-3"

  private func becomeTalent(_ user: LoadUser) async throws {
    try await register(user, remember: true)
    let waiting = user["waiting"] ?? ""
    try await asStaff(user, staff.officer, "/api/v1/certification-cases/\(waiting)/approve", [:])
    try await asStaff(user, staff.reviewer, "/api/v1/certification-cases/\(waiting)/approve", [:])
    user["waiting"] = nil
    let sign = SignIn(account: user["account"] ?? "", password: Newcomer.password)
    let signedIn = try await user.send(.post, "/api/v1/sessions", json: sign)
    let bearer = "Bearer \(try signedIn.decode(Token.self).token)"
    user["bearer"] = bearer
    user.setHeader("authorization", bearer)
  }

  /// Registers somebody new; a number that somebody has already, one in millions, is tried again with another.
  private func register(_ user: LoadUser, remember: Bool) async throws {
    for _ in 0..<3 {
      let newcomer = Newcomer(employer: staff.employer)
      let answer = try await user.send(.post, "/api/v1/people", json: newcomer, expecting: 200..<500)
      if answer.status == 409 { continue }
      guard answer.status == 201 else { throw LoadFailure.status(answer.status) }
      let registration = try answer.decode(Registration.self)
      onRegistered(registration.person.id)
      user["waiting"] = registration.certificationCase
      if remember {
        user["person"] = registration.person.id
        user["account"] = newcomer.account
      }
      return
    }
    throw LoadFailure.content("three identity numbers in a row were taken")
  }

  /// Sends one request with a staff member's token over the user's connection.
  private func asStaff(_ user: LoadUser, _ token: String, _ path: String, _ body: [String: String]) async throws {
    user.setHeader("authorization", "Bearer \(token)")
    defer { user.setHeader("authorization", user["bearer"]) }
    try await user.send(.post, path, json: body)
  }
}

/// The tokens that staff work with during a run.
private struct Staff: Sendable {
  let officer: String
  let reviewer: String
  let clerk: String
  let employer: String

  init(_ target: LoadTarget, accounts: [StaffAccount]) async throws {
    let user = LoadUser(index: 0, client: LoadClient(target), seed: 0)
    func token(_ role: String, named preferred: String = "") async throws -> String {
      let candidates = accounts.filter { $0.role == role }
      guard let account = candidates.first(where: { $0.name == preferred }) ?? candidates.first else {
        throw LoadFailure.content("an account with the role \(role)")
      }
      let sign = SignIn(account: account.name, password: account.password)
      return try await user.send(.post, "/api/v1/sessions", json: sign).decode(Token.self).token
    }
    officer = try await token("employer_officer")
    reviewer = try await token("reviewer")
    clerk = try await token("window_clerk", named: "clerk.city")
    user.setHeader("authorization", "Bearer \(officer)")
    employer = try await user.send(.get, "/api/v1/me").decode(Me.self).employer
    await user.client.close()
  }
}

/// A line of the accounts file.
private struct StaffAccount {
  let role: String
  let name: String
  let password: String

  static func read(_ file: String) throws -> [StaffAccount] {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t").map(String.init)
      return parts.count == 3 ? StaffAccount(role: parts[0], name: parts[1], password: parts[2]) : nil
    }
  }
}

/// Somebody who registers; the identity number is well-formed (GB 11643) and nobody's.
private struct Newcomer: Encodable {
  static let password = "Load-test-2026"

  let name = "压测示例"
  let identityNumber: String
  let phone: String
  let employer: String
  let degree = "master"
  let jobTitle = "工程师"
  let account: String
  let password = Newcomer.password

  init(employer: String) {
    self.employer = employer
    let area = ["310101", "310104", "310105", "310106", "310107", "310109", "310110", "310112", "310113"]
      .randomElement()
    let day = (0..<14_000).randomElement().map { Date(timeIntervalSince1970: Double($0 - 5_000) * 86_400) } ?? Date()
    let parts = Calendar.gregorianUTC.dateComponents([.year, .month, .day], from: day)
    let birth = String(format: "%04d%02d%02d", parts.year ?? 1980, parts.month ?? 1, parts.day ?? 1)
    let digits = "\(area ?? "310101")\(birth)\(String(format: "%03d", Int.random(in: 1...999)))"
    identityNumber = digits + Self.checkCharacter(digits)
    phone = "139" + String(format: "%08d", Int.random(in: 0...99_999_999))
    account = "load" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
  }

  /// ISO 7064 MOD 11-2, as GB 11643 asks for.
  private static func checkCharacter(_ digits: String) -> String {
    let sum = digits.reduce(0) { sum, digit in (sum + (digit.wholeNumberValue ?? 0)) * 2 % 11 }
    let check = (12 - sum) % 11
    return check == 10 ? "X" : String(check)
  }
}

extension Calendar {
  fileprivate static let gregorianUTC: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    return calendar
  }()
}

private struct SignIn: Encodable {
  let account: String
  let password: String
}

private struct Application: Encodable {
  let service: String
  let form: [String: String]
}

private struct Value: Encodable {
  let kind: String
  let value: Int
}

private struct Token: Decodable { let token: String }
private struct Me: Decodable { let employer: String }
private struct Identified: Decodable { let id: String }

private struct Registration: Decodable {
  let person: Identified
  let certificationCase: String
}

/// A text as a part of a URL.
private func percentEncoded(_ text: String) -> String {
  text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? text
}
