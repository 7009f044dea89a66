import Foundation
import Kernel
import Synchronization

/// Two threads that do nothing but derive keys from passwords.
final class PasswordThreads: Sendable {
  static let shared = PasswordThreads()

  private static let longestQueue = 256
  private let workers = [PasswordWorker(name: "haiju-password-1"), PasswordWorker(name: "haiju-password-2")]
  private let waiting = Mutex<[Int]>([0, 0])

  /// Derives on the thread with the shorter queue; `.busy` when both are long, `.cancelled` when the caller has left.
  func derive(
    _ password: String, salt: [UInt8], iterations: Int, count: Int
  ) async throws(CryptoError) -> [UInt8] {
    let turn = waiting.withLock { waiting -> Int? in
      let shorter = waiting[0] <= waiting[1] ? 0 : 1
      guard waiting[0] + waiting[1] < Self.longestQueue else { return nil }
      waiting[shorter] += 1
      return shorter
    }
    guard let turn else { throw .busy }
    defer { waiting.withLock { $0[turn] -= 1 } }
    return try await workers[turn].derive(password, salt: salt, iterations: iterations, count: count)
  }
}

/// One thread, one password at a time.
private actor PasswordWorker {
  private let executor: ThreadExecutor

  init(name: String) { executor = ThreadExecutor(name: name) }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func derive(_ password: String, salt: [UInt8], iterations: Int, count: Int) throws(CryptoError) -> [UInt8] {
    if Task.isCancelled { throw .cancelled }
    var bytes = Array(password.precomposedStringWithCompatibilityMapping.utf8)
    defer { wipe(&bytes) }
    return try OpenSSLProvider().pbkdf2HMACSM3(password: bytes, salt: salt, iterations: iterations, count: count)
  }
}
