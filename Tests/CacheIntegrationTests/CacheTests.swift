import Cache
import Kernel
import TestSupport
import Testing

@Suite("The cache", .serialized, .timeLimit(.minutes(2)))
struct CacheTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// Repeats until the cache answers, as it does when the circuit closes again.
  private func waitUntilBack(_ cache: Cache, within limit: Duration = .seconds(25)) async throws -> Bool {
    let deadline = Deadline.after(limit)
    while !deadline.hasPassed {
      if await cache.ping() { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  @Test("What was set is got, forgotten when removed, and gone after its time")
  func lifeCycle() async throws {
    let redis = try await TempRedis.start()
    // A deadline that a busy machine keeps too; the short one has tests of its own.
    let cache = Cache.open(uri: redis.uri(database: 3), deadline: .seconds(2))
    #expect(await cache.get("k") == nil)
    await cache.set("k", bytes("值"), revision: 1, ttl: .seconds(60))
    #expect(await cache.get("k") == bytes("值"))
    await cache.set("empty", [], revision: 1, ttl: .seconds(60))
    #expect(await cache.get("empty") == [])
    let binary = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    await cache.set("binary", binary, revision: 1, ttl: .seconds(60))
    #expect(await cache.get("binary") == binary)
    await cache.remove("k")
    #expect(await cache.get("k") == nil)
    await cache.set("short", bytes("x"), revision: 1, ttl: .milliseconds(80))
    try await Task.sleep(for: .milliseconds(200))
    #expect(await cache.get("short") == nil)
    await cache.set("never", bytes("x"), revision: 1, ttl: .zero)
    #expect(await cache.get("never") == nil)
    let counters = cache.counters
    #expect((counters.hits, counters.misses, counters.failures) == (3, 4, 0))
    await cache.close()
    #expect(await cache.get("binary") == nil)
    await redis.stop()
  }

  @Test("An older revision never takes the place of a newer one, whatever the order and the size of the numbers")
  func revisions() async throws {
    let redis = try await TempRedis.start()
    let cache = Cache.open(uri: redis.uri(), deadline: .seconds(2))
    let inOrder: [Int64] = [.min, -5, -1, 0, 9, 10, 1 << 53, (1 << 53) + 1, .max - 1, .max]
    for (older, newer) in zip(inOrder, inOrder.dropFirst()) {
      let key = "k\(newer)"
      await cache.set(key, bytes("new"), revision: newer, ttl: .seconds(60))
      await cache.set(key, bytes("old"), revision: older, ttl: .seconds(60))
      #expect(await cache.get(key) == bytes("new"))
      await cache.set(key, bytes("again"), revision: newer, ttl: .seconds(60))
      #expect(await cache.get(key) == bytes("again"))
    }
    await withTaskGroup { group in
      for revision in (1...200).shuffled() {
        group.addTask {
          await cache.set("race", self.bytes("\(revision)"), revision: Int64(revision), ttl: .seconds(60))
        }
      }
    }
    #expect(await cache.get("race") == bytes("200"))
    #expect(cache.counters.failures == 0)
    await cache.close()
    await redis.stop()
  }

  @Test("Without a server everything is a miss at once; with one it works again by itself")
  func away() async throws {
    let redis = try TempRedis.notStarted()
    let cache = Cache.open(uri: redis.uri())
    let began = ContinuousClock.now
    for _ in 0..<200 { #expect(await cache.get("k") == nil) }
    #expect(began.duration(to: .now) < .seconds(15))
    #expect(cache.counters.failures == 200)
    try await redis.restart()
    #expect(try await waitUntilBack(cache))
    await cache.set("k", bytes("v"), revision: 1, ttl: .seconds(60))
    #expect(await cache.get("k") == bytes("v"))

    await redis.kill()
    for _ in 0..<20 { #expect(await cache.get("k") == nil) }
    try await redis.restart()
    #expect(try await waitUntilBack(cache))
    #expect(await cache.get("k") == nil)
    await cache.close()
    await redis.stop()
  }

  @Test("A frozen server costs callers little: misses are soon, and sooner once the circuit is open")
  func frozen() async throws {
    let redis = try await TempRedis.start()
    let cache = Cache.open(uri: redis.uri())
    #expect(try await waitUntilBack(cache))
    await cache.set("k", bytes("v"), revision: 1, ttl: .seconds(60))
    try await redis.pause()
    let began = ContinuousClock.now
    await withTaskGroup { group in
      for _ in 0..<100 { group.addTask { #expect(await cache.get("k") == nil) } }
    }
    #expect(began.duration(to: .now) < .seconds(12))
    // Some more failures open the circuit.
    for _ in 0..<5 { _ = await cache.get("k") }
    let open = ContinuousClock.now
    for _ in 0..<1000 { #expect(await cache.get("k") == nil) }
    #expect(open.duration(to: .now) < .seconds(12))
    redis.resume()
    #expect(try await waitUntilBack(cache))
    await cache.close()
    await redis.stop()
  }

  @Test("A wrong password and a URI that is none mean misses, nothing worse")
  func misconfigured() async throws {
    let redis = try await TempRedis.start()
    let refused = Cache.open(uri: redis.uri(password: "wrong"), deadline: .seconds(2))
    #expect(await refused.get("k") == nil)
    #expect(await refused.ping() == false)
    let invalid = Cache.open(uri: "not a uri")
    #expect(await invalid.get("k") == nil)
    await refused.close()
    await redis.stop()
  }

  @Test("Nobody ever gets another key's value, under random cancellations and a server that stops and goes")
  func neverMixed() async throws {
    let redis = try await TempRedis.start()
    let cache = Cache.open(uri: redis.uri(), deadline: .milliseconds(60))
    #expect(try await waitUntilBack(cache))
    for number in 0..<2000 { await cache.set("key-\(number)", bytes("key-\(number)"), revision: 1, ttl: .seconds(120)) }

    let disturber = Task {
      // Freezes shorter and longer than the deadline, so that answers come late and connections are given up.
      while !Task.isCancelled {
        try? await redis.pause()
        try? await Task.sleep(for: .milliseconds(Int.random(in: 5...90)))
        redis.resume()
        try? await Task.sleep(for: .milliseconds(Int.random(in: 50...400)))
      }
    }
    let right = await withTaskGroup { group in
      for _ in 0..<16 { group.addTask { await askAtRandom(cache, times: 1500) } }
      return await group.reduce(0, +)
    }
    disturber.cancel()
    await disturber.value
    #expect(right > 500)
    #expect(try await waitUntilBack(cache))
    #expect(await cache.get("key-7").map { $0 == bytes("key-7") } ?? true)
    await cache.close()
    await redis.stop()
  }
}

/// Asks for random keys, whose values are their names, and gives up some of the questions; answers how many were right.
private func askAtRandom(_ cache: Cache, times: Int) async -> Int {
  var right = 0
  for _ in 0..<times {
    let key = "key-\(Int.random(in: 0..<2000))"
    let question = Task { await cache.get(key) }
    if Int.random(in: 0..<4) == 0 {
      await Task.yield()
      question.cancel()
    }
    guard let value = await question.value else {
      // While the circuit is open, nothing is asked; going slowly makes the test last through it.
      try? await Task.sleep(for: .milliseconds(1))
      continue
    }
    #expect(value == Array(key.utf8))
    right += 1
  }
  return right
}
