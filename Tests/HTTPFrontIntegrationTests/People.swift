import Facade
import Kernel
import Synchronization

@testable import HTTPFront

/// Numbers that no two people of a test run share.
private let serial = Atomic<Int>(0)

/// Somebody who registered over the API.
struct Registered: Sendable {
  let client: Client
  let person: String
  let certificationCase: String
  let account: String
  let password: String
  let identityNumber: String
}

extension RunningSite {
  /// A client of a staff account; all tests share its session, because an account has at most five at a time.
  func signedIn(_ account: String) async throws -> Client {
    try await StaffSessions.shared.client(account, self)
  }

  /// A client that has signed in over the API.
  func signedIn(_ account: String, _ password: String) async throws -> Client {
    let answer = try await Client(self).post(
      "/api/v1/sessions", .fields(["account": account, "password": password]))
    return Client(self, token: answer.json["token"].text)
  }

  /// A browser that has signed in through the page.
  func browser(_ account: String, _ password: String? = nil) async throws -> Client {
    let browser = Client(self)
    _ = try await browser.submit(
      "/signin", from: "/signin", ["account": account, "password": try password ?? self.password(account), "next": "/"])
    return browser
  }

  /// What somebody new would send: every call gives another identity number, phone and account name.
  func draft(employer: String) -> [String: String] {
    let number = serial.add(1, ordering: .relaxed).newValue
    let order = String(1000 + number % 999).dropFirst()
    return [
      "name": "赵思远", "identityNumber": identityNumber("31011219880809\(order)"), "phone": "139\(20_000_000 + number)",
      "employer": employer, "degree": "doctor", "jobTitle": "工程师", "account": "front\(number)",
      "password": "Sea-gather-\(2000 + number)",
    ]
  }

  /// The employer whose officer is `officer1`.
  func employer() async throws -> String {
    try await signedIn("officer1").get("/api/v1/me").json["employer"].text
  }

  /// Registers somebody new at the employer of `officer1`.
  func registered() async throws -> Registered {
    let draft = draft(employer: try await employer())
    let answer = try await Client(self).post("/api/v1/people", .fields(draft))
    let account = draft["account", default: ""]
    let password = draft["password", default: ""]
    return Registered(
      client: try await signedIn(account, password), person: answer.json["person"]["id"].text,
      certificationCase: answer.json["certificationCase"].text, account: account, password: password,
      identityNumber: draft["identityNumber", default: ""])
  }

  /// Registers and certifies somebody new.
  func certified() async throws -> Registered {
    let talent = try await registered()
    for account in ["officer1", "reviewer1"] {
      _ = try await signedIn(account).post("/api/v1/certification-cases/\(talent.certificationCase)/approve")
    }
    return talent
  }
}

/// The sessions of staff accounts, one each.
private actor StaffSessions {
  static let shared = StaffSessions()
  private var sessions: [String: Task<Client, any Error>] = [:]

  func client(_ account: String, _ site: RunningSite) async throws -> Client {
    let session =
      sessions[account] ?? Task { try await site.signedIn(account, try site.password(account)) }
    sessions[account] = session
    return try await session.value
  }
}

extension JSONValue {
  /// An object of texts.
  static func fields(_ fields: [String: String]) -> JSONValue {
    .object(fields.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: .text($0.value)) })
  }
}

/// Completes seventeen digits with the check character of GB 11643 (ISO 7064 MOD 11-2), counted here independently.
func identityNumber(_ digits: String) -> String {
  var remainder = 0
  for (position, digit) in digits.enumerated() {
    let weight = (0..<(17 - position)).reduce(1) { product, _ in product * 2 % 11 }
    remainder += weight * (digit.wholeNumberValue ?? 0)
  }
  return digits + String(Array("10X98765432")[remainder % 11])
}
