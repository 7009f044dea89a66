import Documents
import Kernel
import TestSupport
import Testing

@Suite("A document store in trouble", .serialized, .timeLimit(.minutes(3)))
struct FailureTests {
  private func open(
    _ server: TempDocumentServer, workers: Int = 2, password: String? = nil, socketTimeout: Duration = .seconds(3)
  ) async throws -> DocumentStore {
    try await .open(
      DocumentConfiguration(
        uri: server.uri(password: password), database: TempDocumentServer.freshDatabase(), workers: workers,
        serverSelectionTimeout: .seconds(1), socketTimeout: socketTimeout))
  }

  /// Runs a call, answers its error and how long it took.
  private func failure<T: Sendable>(
    of call: () async throws(DocumentError) -> T
  ) async -> (error: DocumentError?, took: Duration) {
    let began = ContinuousClock.now
    do throws(DocumentError) {
      _ = try await call()
      return (nil, began.duration(to: .now))
    } catch {
      return (error, began.duration(to: .now))
    }
  }

  /// Repeats until the store answers again.
  private func waitUntilBack(_ store: DocumentStore, within limit: Duration = .seconds(20)) async throws {
    let deadline = Deadline.after(limit)
    while true {
      do {
        return try await store.ping(deadline: .after(.seconds(2)))
      } catch {
        if deadline.hasPassed { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  @Test("A killed server fails clearly and soon; after its restart everything acknowledged is there")
  func killed() async throws {
    let server = try await TempDocumentServer.start()
    let store = try await open(server)
    let items = store.collection("items")
    for number in 1...20 { try await items.insert([["_id": .int64(Int64(number))]]) }

    await server.kill()
    for _ in 0..<4 {
      let (error, took) = await failure { () throws(DocumentError) in
        try await items.findOne(["_id": 1], deadline: .after(.seconds(10)))
      }
      #expect(error?.code == .unavailable)
      #expect(error?.mayHaveHappened == false)
      #expect(error?.description.contains(server.password) == false)
      #expect(took < .seconds(12))
    }
    // Many callers at once do not queue up for one search after the other.
    let began = ContinuousClock.now
    await withTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          await #expect(throws: DocumentError.self) { try await items.count(deadline: .after(.seconds(10))) }
        }
      }
    }
    #expect(began.duration(to: .now) < .seconds(12))

    try await server.restart()
    try await waitUntilBack(store)
    #expect(try await items.count() == 20)
    #expect(store.load.idle == 2)
    await store.close()
    await server.stop()
  }

  @Test("A store opens while the server is down and works once it is up")
  func notYetThere() async throws {
    let server = try await TempDocumentServer.start()
    await server.kill()
    let store = try await open(server)
    let (error, took) = await failure { () throws(DocumentError) in try await store.ping(deadline: .after(.seconds(10)))
    }
    #expect(error?.code == .unavailable)
    #expect(took < .seconds(12))
    try await server.restart()
    try await waitUntilBack(store)
    await store.close()
    await server.stop()
  }

  @Test("A cancelled call answers within 50 ms; its worker is set aside and comes back")
  func cancelled() async throws {
    let server = try await TempDocumentServer.start()
    let store = try await open(server, workers: 6)
    let items = store.collection("items")
    try await items.insert([["_id": 1]])

    try await server.pause()
    var delays: [Duration] = []
    // A call that is cancelled before its thread began with it does not occupy a worker, so there may be more rounds.
    for number in 2...40 where store.load.quarantined < 5 {
      let write = Task { () async -> (DocumentError?, ContinuousClock.Instant) in
        do throws(DocumentError) {
          try await items.insert([["_id": .int64(Int64(number))]], deadline: .after(.seconds(60)))
          return (nil, .now)
        } catch {
          return (error, .now)
        }
      }
      while store.load.busy == 0 { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(50))
      let cancelledAt = ContinuousClock.now
      write.cancel()
      let (error, answeredAt) = await write.value
      #expect(error?.code == .cancelled)
      #expect(error?.mayHaveHappened == true)
      delays.append(cancelledAt.duration(to: answeredAt))
      while store.load.busy > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
    #expect(store.load.quarantined == 5)
    // The median, because other tests use the same processors.
    #expect(delays.sorted()[delays.count / 2] < .milliseconds(50))
    #expect(store.load.idle == 1)

    server.resume()
    try await waitUntilBack(store)
    while store.load.quarantined > 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(store.load.idle == 6)
    await store.close()
    await server.stop()
  }

  @Test("A frozen server frees the worker at the socket timeout, and callers leave at their deadline")
  func frozen() async throws {
    let server = try await TempDocumentServer.start()
    let store = try await open(server, workers: 1, socketTimeout: .seconds(5))
    let items = store.collection("items")
    try await items.insert([["_id": 1]])
    try await server.pause()
    let (read, readTook) = await failure { () throws(DocumentError) in
      try await items.findOne(["_id": 1], deadline: .after(.milliseconds(200)))
    }
    #expect(read?.code == .deadline)
    #expect(read?.mayHaveHappened == false)
    #expect(readTook < .seconds(3))
    // The only worker is set aside: the next one leaves the queue at its own deadline.
    let (queued, _) = await failure { () throws(DocumentError) in
      try await items.insert([["_id": 2]], deadline: .after(.milliseconds(200)))
    }
    #expect(queued?.code == .deadline)
    #expect(queued?.mayHaveHappened == false)
    let bound = Deadline.after(.seconds(15))
    while store.load.quarantined > 0 && !bound.hasPassed { try await Task.sleep(for: .milliseconds(20)) }
    #expect(store.load.quarantined == 0)
    server.resume()
    try await waitUntilBack(store)
    #expect(try await items.count() == 1)
    await store.close()
    await server.stop()
  }

  @Test("A wrong password is named as such, without the password")
  func wrongPassword() async throws {
    let server = try await TempDocumentServer.shared()
    let store = try await open(server, password: "wrong-and-secret")
    let (error, _) = await failure { () throws(DocumentError) in try await store.ping(deadline: .after(.seconds(30))) }
    #expect(error?.code == .unauthorized)
    #expect(error?.description.contains("secret") == false)
    let (again, _) = await failure { () throws(DocumentError) in
      try await store.collection("c").count(deadline: .after(.seconds(30)))
    }
    #expect(again?.code == .unauthorized)
    await store.close()
  }

  @Test("A URI that is none is refused without quoting it")
  func invalidURI() async throws {
    let error = await #expect(throws: DocumentError.self) {
      try await DocumentStore.open(DocumentConfiguration(uri: "mongo//u:secret@h", database: "d"))
    }
    #expect(error?.code == .invalid)
    #expect(error?.description.contains("secret") == false)
  }

  @Test("One worker serves a hundred tasks and nested use without a deadlock")
  func oneWorker() async throws {
    let store = try await open(try await .shared(), workers: 1, socketTimeout: .seconds(10))
    let items = store.collection("items")
    try await items.insert((0..<100).map { ["_id": .int64($0)] })
    try await withThrowingTaskGroup { group in
      for number in 0..<100 {
        group.addTask {
          // A walk that asks again inside its loop, on the only worker.
          var seen = 0
          for try await document in items.stream(["_id": ["$lt": 5]], batchSize: 2, batchDeadline: .seconds(60)) {
            #expect(try await items.findOne(["_id": document["_id"] ?? nil], deadline: .after(.seconds(60))) != nil)
            seen += 1
          }
          #expect(seen == 5, "task \(number)")
        }
      }
      try await group.waitForAll()
    }
    #expect((store.load.idle, store.load.waiting) == (1, 0))
    await store.close()
  }

  @Test("A closed store refuses calls and returns at once")
  func closed() async throws {
    let store = try await open(try await .shared())
    try await store.ping(deadline: .after(.seconds(30)))
    await store.close()
    let (error, took) = await failure { () throws(DocumentError) in try await store.ping() }
    #expect(error?.code == .closed)
    #expect(took < .seconds(1))
  }
}
