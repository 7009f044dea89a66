import Foundation
import Synchronization
import Testing

@testable import Relational

@Suite("Names become addresses")
struct HostListTests {
  private let resolver = NameResolver { name in
    ["one.test": ["192.0.2.1"], "two.test": ["192.0.2.2", "2001:db8::2"]][name] ?? []
  }

  /// The keywords of all places; where they differ, separated by commas.
  private func options(_ uri: String, readOnly: Bool = false) async throws -> [String: String] {
    var configuration = RelationalConfiguration(uri: uri)
    configuration.resolver = resolver
    let options = try ConnectOptions(configuration, readOnly: readOnly)
    let places = try await options.plan().candidates.map { place in
      Dictionary(uniqueKeysWithValues: place.map { ($0.keyword, $0.value) })
    }
    return Dictionary(
      uniqueKeysWithValues: Set(places.flatMap(\.keys)).map { keyword in
        let values = places.map { $0[keyword] ?? "" }
        return (keyword, Set(values).count == 1 && keyword != "host" ? values[0] : values.joined(separator: ","))
      })
  }

  @Test("Every host is tried at each of its addresses, with its own port, in order")
  func several() async throws {
    let found = try await options("postgresql://haiju@two.test:1111,one.test:2222/x")
    #expect(found["host"] == "two.test,two.test,one.test")
    #expect(found["hostaddr"] == "192.0.2.2,2001:db8::2,192.0.2.1")
    #expect(found["port"] == "1111,1111,2222")
  }

  @Test("The name stays beside its address, since verify-full compares it with the certificate")
  func verification() async throws {
    let found = try await options("postgresql://haiju@one.test/x?sslmode=verify-full&sslrootcert=/none")
    #expect(found["host"] == "one.test" && found["hostaddr"] == "192.0.2.1")
    #expect(found["sslmode"] == "verify-full" && found["sslrootcert"] == "/none")
  }

  @Test("A given address is kept, also in a list where others are looked up")
  func given() async throws {
    let found = try await options("host=one.test,secret.test hostaddr=,10.9.8.7 port=5433 dbname=x")
    #expect(found["hostaddr"] == "192.0.2.1,10.9.8.7" && found["host"] == "one.test,secret.test")
    #expect(found["port"] == "5433")
    let alone = try await options("hostaddr=10.9.8.7 dbname=x")
    #expect(alone["hostaddr"] == "10.9.8.7")
  }

  @Test("Folders of sockets and IPv6 addresses are not looked up")
  func folders() async throws {
    let mixed = try await options("host=/run/a,::1,one.test dbname=x")
    #expect(mixed["host"] == "/run/a,::1,one.test" && mixed["hostaddr"] == ",::1,192.0.2.1")
    let folder = try await options("postgresql:///x?host=/run/a&port=77")
    #expect(folder["host"] == "/run/a" && folder["hostaddr"] == nil && folder["port"] == "77")
    let six = try await options("postgresql://haiju@[2001:db8::1]:99/x")
    #expect(six["hostaddr"] == "2001:db8::1")
  }

  @Test("A name without an address is left out while others have one, and an error when none has")
  func unknown() async throws {
    let found = try await options("postgresql://haiju@nobody.test:1,one.test:2/x")
    #expect(found["host"] == "one.test" && found["port"] == "2")
    await #expect {
      _ = try await options("postgresql://haiju@nobody.test/x")
    } throws: { error in
      let error = error as? RelationalError
      return error?.code == .unavailable && error?.message.contains("nobody.test") == true
    }
  }

  @Test("What is not about hosts is left to libpq: service, passfile")
  func untouched() async throws {
    let found = try await options("service=talent passfile=/none/pass user=haiju")
    #expect(found["service"] == "talent" && found["passfile"] == "/none/pass")
    #expect(found["host"] == nil && found["hostaddr"] == nil && found["port"] == nil)
  }

  @Test("A read-only session looks for the kind of server, not for one that lets it write")
  func target() async throws {
    let uri = "postgresql://haiju@one.test/x?target_session_attrs="
    for (wanted, shared) in ["read-write": "primary", "read-only": "standby", "any": "any"] {
      #expect(try await options(uri + wanted)["target_session_attrs"] == wanted)
      #expect(try await options(uri + wanted, readOnly: true)["target_session_attrs"] == shared)
    }
    #expect(try await options("postgresql://haiju@one.test/x", readOnly: true)["target_session_attrs"] == nil)
    // All standbys first, then whoever is there.
    let preferring = try await options("host=one.test,::1 dbname=x target_session_attrs=prefer-standby")
    #expect(preferring["target_session_attrs"] == "standby,standby,any,any")
    #expect(preferring["hostaddr"] == "192.0.2.1,::1,192.0.2.1,::1")
  }

  @Test("I5: a slow look-up delays only those who ask for the same name, and they share it")
  func slow() async {
    let gate = Gate()
    let lookUps = Mutex(0)
    let resolver = NameResolver { name in
      lookUps.withLock { $0 += 1 }
      if name == "slow.test" { gate.pass() }
      return ["192.0.2.9"]
    }
    let slow = (0..<5).map { _ in Task { await resolver.addresses(of: "slow.test") } }
    while lookUps.withLock({ $0 }) == 0 { await Task.yield() }
    #expect(await resolver.addresses(of: "quick.test") == ["192.0.2.9"])
    gate.open()
    for task in slow { #expect(await task.value == ["192.0.2.9"]) }
    #expect(lookUps.withLock { $0 } <= 6)
  }
}

/// Keeps threads until it is opened.
private final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func pass() {
    semaphore.wait()
    semaphore.signal()
  }

  func open() { semaphore.signal() }
}
