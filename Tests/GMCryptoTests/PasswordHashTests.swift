import GMCrypto
import Testing

// One after another: they share the process-wide queue that one of them fills.
@Suite("Passwords", .serialized)
struct PasswordHashTests {
  @Test("A password verifies against its own hash only, and two hashes of it differ")
  func verifying() async throws {
    let first = try await PasswordHash.make("正确的密码 battery", iterations: 100)
    let second = try await PasswordHash.make("正确的密码 battery", iterations: 100)
    #expect(first != second)
    #expect(first.hasPrefix("pbkdf2-hmac-sm3$100$"))
    #expect(try await PasswordHash.verify("正确的密码 battery", against: first))
    #expect(try await PasswordHash.verify("正确的密码 battery", against: second))
    #expect(try await !PasswordHash.verify("正确的密码 batterY", against: first))
    #expect(try await !PasswordHash.verify("", against: first))
  }

  @Test("The stored hash is PBKDF2 over the stored salt")
  func format() async throws {
    let parts = try await PasswordHash.make("secret", iterations: 50).split(separator: "$")
    let salt = try #require(Hex.bytes(parts[2]))
    #expect(salt.count == 16)
    let expected = ReferenceSM3.pbkdf2(password: Array("secret".utf8), salt: salt, iterations: 50, count: 32)
    #expect(String(parts[3]) == Hex.text(expected))
  }

  @Test("Composed and decomposed characters are one password")
  func normalization() async throws {
    let stored = try await PasswordHash.make("caf\u{e9} １２３", iterations: 10)
    #expect(try await PasswordHash.verify("cafe\u{301} 123", against: stored))
  }

  @Test("Nobody's password is never right and costs a real check")
  func nobody() async throws {
    let stored = try await PasswordHash.make("x")
    let start = ContinuousClock.now
    #expect(try await PasswordHash.verify("x", against: stored))
    let between = ContinuousClock.now
    #expect(try await !PasswordHash.verify("x", against: nil))
    let (real, absent) = (start.duration(to: between), between.duration(to: .now))
    // Wide bounds: other work shares the machine. Without the work it would be a thousandth.
    #expect(absent > real / 10)
  }

  @Test(
    "A text that is no hash is refused",
    arguments: [
      "", "secret", "pbkdf2-hmac-sm3$0$00112233445566778899aabbccddeeff$00", "md5$1$00$00",
      "pbkdf2-hmac-sm3$99999999999$00112233445566778899aabbccddeeff$" + String(repeating: "0", count: 64),
      "pbkdf2-hmac-sm3$10$0011$" + String(repeating: "0", count: 64),
    ])
  func malformed(text: String) async {
    await #expect(throws: CryptoError.malformed) { try await PasswordHash.verify("x", against: text) }
    #expect(PasswordHash.needsRenewal(text))
  }

  @Test("Only hashes with fewer rounds than today's want renewal")
  func renewal() async throws {
    #expect(PasswordHash.needsRenewal(try await PasswordHash.make("x", iterations: 10)))
    #expect(!PasswordHash.needsRenewal(try await PasswordHash.make("x")))
  }

  @Test("A burst beyond the queue is told busy, and everybody else gets a true answer")
  func burst() async throws {
    let stored = try await PasswordHash.make("x", iterations: 400)
    let answers = await withTaskGroup(of: Result<Bool, CryptoError>.self) { group in
      for _ in 0..<600 {
        group.addTask {
          await Result { () async throws(CryptoError) in try await PasswordHash.verify("x", against: stored) }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0 == .success(true) || $0 == .failure(.busy) })
    #expect(answers.count { $0 == .success(true) } >= 256)
    #expect(try await PasswordHash.verify("x", against: stored))
  }

  @Test("A caller who left before his turn costs nothing and is told so")
  func cancelling() async throws {
    let stored = try await PasswordHash.make("x", iterations: 10)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await PasswordHash.verify("x", against: stored)
    }
    await #expect(throws: CryptoError.cancelled) { try await task.value }
  }
}

extension Result {
  fileprivate init(_ body: () async throws(Failure) -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
