import ArgumentParser
import BenchmarkScenarios
import Facade
import Foundation

/// The program that serves on this machine, asked over its API with a staff account from the accounts file.
struct RunningProgram {
  private struct Credentials: Encodable {
    let account: String
    let password: String
  }
  private struct Session: Decodable { let token: String }

  private let target: LoadTarget
  private let accounts: String

  /// By default where `HAIJU_PORT` and `HAIJU_ACCOUNTS_FILE` say.
  init(port: Int?, accounts: String?) throws {
    let variables = ProcessInfo.processInfo.environment
    guard let file = accounts ?? variables["HAIJU_ACCOUNTS_FILE"] else {
      throw ValidationError("name the accounts file with --accounts or HAIJU_ACCOUNTS_FILE")
    }
    target = LoadTarget(port: port ?? variables["HAIJU_PORT"].flatMap(Int.init) ?? 8080)
    self.accounts = file
  }

  /// Signs in with the role's account, asks, and signs out again.
  func get(_ path: String, as role: Role) async throws -> [UInt8] {
    let user = LoadUser(index: 0, client: LoadClient(target), seed: 0)
    do {
      let session = try await user.send(.post, "/api/v1/sessions", json: try credentials(of: role))
      let token = try JSONDecoder().decode(Session.self, from: Data(session.body)).token
      user.setHeader("authorization", "Bearer \(token)")
      let answer = try await user.send(.get, path)
      _ = try await user.send(.delete, "/api/v1/sessions")
      await user.client.close()
      return answer.body
    } catch let failure as LoadFailure {
      await user.client.close()
      printError("haiju: the program at \(target.host):\(target.port) did not answer: \(failure.kind)")
      throw ExitCode.unavailable
    }
  }

  /// A line of the file is role, account and password.
  private func credentials(of role: Role) throws -> Credentials {
    for line in try String(contentsOfFile: accounts, encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: "\t").map(String.init)
      if parts.count == 3, parts[0] == role.rawValue { return Credentials(account: parts[1], password: parts[2]) }
    }
    throw ValidationError("the accounts file has no \(role.rawValue)")
  }
}
