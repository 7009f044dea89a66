import Documents
import Foundation
import Kernel
import TestSupport
import Testing

private func store(workers: Int = 4) async throws -> DocumentStore {
  let server = try await TempDocumentServer.shared()
  return try await .open(
    DocumentConfiguration(uri: server.uri(), database: TempDocumentServer.freshDatabase(), workers: workers))
}

@Suite("A collection", .serialized, .timeLimit(.minutes(3)))
struct CollectionTests {
  struct Note: Codable, Sendable, Equatable {
    enum Kind: String, Codable { case visit, call }
    let id: UUID
    var kind: Kind
    var text: String
    var at: Instant
    var tags: [String]
    var remark: String?
  }

  @Test("What was inserted is found, replaced, updated, counted and removed")
  func lifeCycle() async throws {
    let notes = try await store().collection("notes")
    try await notes.insert([["_id": 1, "name": "甲", "n": 1], ["_id": 2, "name": "乙", "n": 2], ["_id": 3, "n": 3]])

    #expect(try await notes.findOne(["_id": 2])?["name"] == "乙")
    #expect(try await notes.findOne(["_id": 9]) == nil)
    #expect(try await notes.find(["n": ["$gte": 2]], sort: ["n": -1]).compactMap { $0["_id"]?.integer } == [3, 2])
    #expect(try await notes.find([:], sort: ["n": 1], limit: 1, projection: ["name": 1, "_id": 0]) == [["name": "甲"]])

    let replaced = try await notes.replace(["_id": 1], with: ["_id": 1, "name": "丙"])
    #expect((replaced.matched, replaced.modified, replaced.upserted) == (1, 1, false))
    let added = try await notes.replace(["_id": 7], with: ["name": "丁"], upsert: true)
    #expect((added.matched, added.modified, added.upserted) == (0, 0, true))
    #expect(try await notes.replace(["_id": 8], with: ["name": "戊"]).matched == 0)
    #expect(try await notes.update(["_id": 2], ["$inc": ["n": 10]]).modified == 1)
    #expect(try await notes.findOne(["_id": 2])?["n"]?.integer == 12)
    #expect(try await notes.update([:], ["$set": ["seen": true]], many: true).matched == 4)

    #expect(try await notes.count() == 4)
    #expect(try await notes.count(["name": "丁"]) == 1)
    #expect(try await notes.delete(["_id": 3]) == 1)
    #expect(try await notes.delete([:]) == 3)
    #expect(try await notes.count() == 0)
  }

  @Test("A Codable value comes back equal, and one of another shape is a clear error")
  func codable() async throws {
    let notes = try await store().collection("notes")
    let note = Note(
      id: UUID(), kind: .visit, text: "血压正常", at: Instant(milliseconds: 1_790_000_000_123), tags: ["a", "b"],
      remark: nil)
    try await notes.insert(encoding: note)
    #expect(try await notes.findOne(["id": note.id.bsonValue], as: Note.self) == note)
    #expect(try await notes.find(["kind": "visit"], as: Note.self) == [note])

    try await notes.insert([["_id": 1, "kind": "secret-value"]])
    let error = await #expect(throws: DocumentError.self) { try await notes.findOne(["_id": 1], as: Note.self) }
    #expect(error?.code == .decoding)
    #expect(error?.message.contains("id is missing") == true)
    #expect(error?.description.contains("secret-value") == false)
  }

  @Test("A unique index refuses a duplicate by its name and without the value")
  func duplicate() async throws {
    let people = try await store().collection("people")
    try await people.createIndex(name: "by_email", keys: ["email": 1], unique: true)
    try await people.createIndex(name: "by_email", keys: ["email": 1], unique: true)
    try await people.insert([["_id": 1, "email": "x@example.cn"]])
    let error = await #expect(throws: DocumentError.self) {
      try await people.insert([["_id": 2, "email": "y@example.cn"], ["_id": 3, "email": "x@example.cn"], ["_id": 4]])
    }
    #expect(error?.code == .duplicateKey)
    #expect(error?.serverCode == 11000)
    #expect(error?.index == "by_email")
    // The one before it is stored, the one behind it is not, and the error says that something happened.
    #expect(error?.mayHaveHappened == true)
    #expect(error?.description.contains("x@example.cn") == false)
    #expect(try await people.find([:], sort: ["_id": 1]).compactMap { $0["_id"]?.integer } == [1, 2])
  }

  @Test("A partial unique index and an expiring one can be made")
  func otherIndexes() async throws {
    let people = try await store().collection("people")
    try await people.createIndex(name: "open", keys: ["n": 1], unique: true, partialFilter: ["state": "open"])
    try await people.createIndex(name: "old", keys: ["at": 1], expireAfter: .seconds(3600))
    try await people.insert([["n": 1, "state": "open"], ["n": 1, "state": "shut"], ["n": 1, "state": "shut"]])
    let error = await #expect(throws: DocumentError.self) { try await people.insert([["n": 1, "state": "open"]]) }
    #expect(error?.index == "open")
  }

  @Test("An unordered bulk does everything that can be done and names the rest")
  func bulk() async throws {
    let items = try await store().collection("items")
    try await items.insert([["_id": 1, "n": 0], ["_id": 2, "n": 0]])
    let outcome = try await items.bulk(
      [
        .insert(["_id": 3]), .insert(["_id": 1]), .update(["_id": 2], ["$set": ["n": 5]]),
        .replace(["_id": 9], with: ["n": 9], upsert: true), .insert(["_id": 2]), .delete(["_id": 1]),
        .insert(["_id": 4]),
      ], ordered: false)
    #expect(outcome.inserted == 2)
    #expect(outcome.matched == 1)
    #expect(outcome.modified == 1)
    #expect(outcome.deleted == 1)
    #expect(outcome.upserted == [3: 9])
    #expect(outcome.failures.map(\.operation) == [1, 4])
    #expect(outcome.failures.allSatisfy { $0.error.code == .duplicateKey && $0.error.index == "_id_" })
    #expect(try await items.count() == 4)

    let ordered = try await items.bulk([.insert(["_id": 20]), .insert(["_id": 20]), .insert(["_id": 21])])
    #expect(ordered.inserted == 1)
    #expect(ordered.failures.map(\.operation) == [1])
    #expect(try await items.findOne(["_id": 21]) == nil)
  }

  @Test("Text of users stays text: an operator in it finds nothing and changes nothing")
  func operators() async throws {
    let people = try await store().collection("people")
    try await people.insert([["_id": 1, "name": "甲"], ["_id": 2, "name": "{\"$ne\": 1}"]])
    #expect(try await people.find(["name": .text(fromUser: "{\"$ne\": 1}")]).count == 1)
    #expect(try await people.find(["name": .text(fromUser: "$ne")]).isEmpty)
    for wrong in [["$set": ["a": 1]], ["a": 1, "$inc": ["n": 1]]] as [BSONDocument] {
      let error = await #expect(throws: DocumentError.self) { try await people.replace([:], with: wrong) }
      #expect(error?.code == .invalid)
    }
    let error = await #expect(throws: DocumentError.self) { try await people.update(["_id": 1], ["name": "乙"]) }
    #expect(error?.code == .invalid)
    #expect(try await people.findOne(["_id": 1]) == ["_id": 1, "name": "甲"])
  }

  @Test("Fifty optimistic writers lose no update")
  func lostUpdates() async throws {
    let counters = try await store(workers: 8).collection("counters")
    try await counters.insert([["_id": "c", "revision": 0, "sum": 0]])
    let deadline = Deadline.after(.seconds(120))
    try await withThrowingTaskGroup { group in
      for writer in 1...50 {
        group.addTask {
          while true {
            let current = try #require(try await counters.findOne(["_id": "c"], deadline: deadline))
            let (revision, sum) = (current["revision"]?.integer ?? -1, current["sum"]?.integer ?? -1)
            let outcome = try await counters.replace(
              ["_id": "c", "revision": .int64(revision)],
              with: ["_id": "c", "revision": .int64(revision + 1), "sum": .int64(sum + Int64(writer))],
              deadline: deadline)
            if outcome.matched == 1 { return }
          }
        }
      }
      try await group.waitForAll()
    }
    let end = try #require(try await counters.findOne(["_id": "c"]))
    #expect(end["revision"]?.integer == 50)
    #expect(end["sum"]?.integer == 1275)
  }

  @Test("Fifty concurrent upserts of one document make one document and no error")
  func upserts() async throws {
    let people = try await store(workers: 8).collection("people")
    try await withThrowingTaskGroup { group in
      for writer in 0..<50 {
        group.addTask {
          _ = try await people.replace(
            ["_id": "p"], with: ["_id": "p", "writer": .int64(Int64(writer))], upsert: true,
            deadline: .after(.seconds(60)))
        }
      }
      try await group.waitForAll()
    }
    #expect(try await people.count() == 1)
  }

  @Test("A document beyond 16 MiB is refused before it is sent; one of several MiB is stored")
  func sizes() async throws {
    let files = try await store().collection("files")
    let error = await #expect(throws: DocumentError.self) {
      try await files.insert([["data": .binary(BSONBinary([UInt8](repeating: 7, count: 16 << 20)))]])
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.mayHaveHappened == false)
    let bytes = (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await files.insert([["_id": 1, "data": bytes.bsonValue]], deadline: .after(.seconds(30)))
    #expect(try await files.findOne(["_id": 1], deadline: .after(.seconds(30)))?["data"] == bytes.bsonValue)
  }

  @Test("A pipeline groups, and a server's refusal carries its code")
  func aggregation() async throws {
    let sales = try await store().collection("sales")
    try await sales.insert([["k": "a", "n": 1], ["k": "b", "n": 2], ["k": "a", "n": 3]])
    let sums = try await sales.aggregate([
      ["$group": ["_id": "$k", "sum": ["$sum": "$n"]]], ["$sort": ["_id": 1]],
    ])
    #expect(sums.compactMap { $0["sum"]?.integer } == [4, 2])
    let error = await #expect(throws: DocumentError.self) { try await sales.aggregate([["$nonsense": 1]]) }
    #expect(error?.code == .server)
    #expect(error?.serverCode != nil)
  }
}
