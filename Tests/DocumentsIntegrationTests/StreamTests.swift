import Kernel
import TestSupport
import Testing

@testable import Documents

@Suite("A stream of documents", .serialized, .timeLimit(.minutes(3)))
struct StreamTests {
  private func filled(_ count: Int64) async throws -> (DocumentStore, DocumentCollection) {
    let server = try await TempDocumentServer.shared()
    let store = try await DocumentStore.open(
      DocumentConfiguration(uri: server.uri(), database: TempDocumentServer.freshDatabase(), workers: 2))
    let items = store.collection("items")
    try await items.insert(
      (0..<count).map { ["_id": .int64($0), "text": .string("第\($0)项")] }, deadline: .after(.seconds(60)))
    return (store, items)
  }

  private func waitUntilCursorsClose(_ store: DocumentStore) async throws -> Int {
    let deadline = Deadline.after(.seconds(10))
    while await store.dispatcher.openCursors() > 0 && !deadline.hasPassed {
      try await Task.sleep(for: .milliseconds(10))
    }
    return await store.dispatcher.openCursors()
  }

  @Test("Ten thousand documents come in order, each once, and the cursor ends")
  func all() async throws {
    let (store, items) = try await filled(10_000)
    var expected: Int64 = 0
    for try await document in items.stream([:], sort: ["_id": 1], batchSize: 700) {
      #expect(document["_id"] == .int64(expected))
      expected += 1
    }
    #expect(expected == 10_000)
    #expect(await store.dispatcher.openCursors() == 0)
    #expect(try await items.find([:], sort: ["_id": 1]).count == 10_000)
    #expect(try await items.count() == 10_000)
    await store.close()
  }

  @Test("Leaving the loop early, and cancelling it, closes the cursor")
  func left() async throws {
    let (store, items) = try await filled(3000)
    for try await document in items.stream([:], sort: ["_id": 1], batchSize: 100) where document["_id"] == 150 { break }
    #expect(try await waitUntilCursorsClose(store) == 0)

    let walk = Task {
      var seen = 0
      for try await _ in items.stream([:], batchSize: 10) {
        seen += 1
        if seen == 25 { withUnsafeCurrentTask { $0?.cancel() } }
      }
      return seen
    }
    await #expect(throws: DocumentError.self) { try await walk.value }
    #expect(try await waitUntilCursorsClose(store) == 0)
    #expect(store.load.idle == 2)
    await store.close()
  }

  @Test("An empty result ends at once, and a limit is kept")
  func bounds() async throws {
    let (store, items) = try await filled(50)
    for try await _ in items.stream(["_id": -1]) { Issue.record("nothing matches") }
    var seen = 0
    for try await _ in items.stream([:], limit: 7, batchSize: 3) { seen += 1 }
    #expect(seen == 7)
    await store.close()
  }
}
