import Documents
import Kernel
import TestSupport
import Testing

@testable import Migration

@Suite("Document migrations")
struct DocumentMigrationTests {
  private let plan = """
    {"collections": [{"name": "dossier",
      "indexes": [
        {"name": "by_person", "keys": {"person": 1, "section": -1}, "unique": true},
        {"name": "fades", "keys": {"made_at": 1}, "expireAfterSeconds": 3600},
        {"name": "open_only", "keys": {"state": 1}, "partialFilter": {"open": true}}],
      "validator": {"$jsonSchema": {"required": ["person"]}}}]}
    """

  private func withStore(_ body: (DocumentStore) async throws -> Void) async throws {
    let server = try await TempDocumentServer.shared()
    let store = try await DocumentStore.open(
      DocumentConfiguration(uri: server.uri(), database: TempDocumentServer.freshDatabase()))
    do { try await body(store) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  private func indexes(_ store: DocumentStore) async throws -> [String: BSONDocument] {
    let reply = try await store.runCommand(["listIndexes": "dossier"])
    let batch = reply["cursor"]?.document?["firstBatch"]?.array ?? []
    return batch.compactMap(\.document).reduce(into: [:]) { $0[$1["name"]?.text ?? ""] = $1 }
  }

  @Test("Indexes and validator are made, recorded, and enforced")
  func making() async throws {
    try await withStore { store async throws in
      let folder = try MigrationWorld.folder(["0001_dossiers.documents.json": plan])
      let migrator = Migrator(folder: folder, database: nil, documents: store)
      #expect(try await migrator.apply().map(\.number) == [1])
      let indexes = try await indexes(store)
      #expect(indexes["by_person"]?["key"]?.document?.keys == ["person", "section"])
      #expect(indexes["by_person"]?["unique"]?.bool == true)
      #expect(indexes["fades"]?["expireAfterSeconds"]?.integer == 3600)
      #expect(indexes["open_only"]?["partialFilterExpression"]?.document?["open"]?.bool == true)
      let dossiers = store.collection("dossier")
      _ = try await dossiers.insert([["person": "a", "section": 1]])
      let duplicate = await #expect(throws: DocumentError.self) {
        try await dossiers.insert([["person": "a", "section": 1]])
      }
      #expect(duplicate?.code == .duplicateKey)
      let refused = await #expect(throws: DocumentError.self) { try await dossiers.insert([["section": 2]]) }
      #expect(refused?.code == .refused)
      let statuses = try await migrator.status()
      #expect(statuses.map(\.state) == [.applied])
      #expect(statuses.first?.appliedAt != nil)
      #expect(try await migrator.apply().isEmpty)
    }
  }

  @Test("A migration that was killed before its record is run again without harm")
  func repeating() async throws {
    try await withStore { store async throws in
      let folder = try MigrationWorld.folder(["0001_dossiers.documents.json": plan])
      let migrator = Migrator(folder: folder, database: nil, documents: store)
      _ = try await migrator.apply()
      _ = try await store.collection("migration_ledger").delete(["_id": 1])
      #expect(try await migrator.status().map(\.state) == [.pending])
      #expect(try await migrator.apply().count == 1)
      #expect(try await indexes(store).count == 4)
    }
  }

  @Test("Both stores follow one order, and an edit in either is named")
  func together() async throws {
    try await MigrationWorld.with { world async throws in
      try await withStore { store async throws in
        let files = [
          "0001_a.sql": "CREATE TABLE a (x int)", "0002_dossiers.documents.json": plan,
          "0003_b.sql": "CREATE TABLE b (x int)",
        ]
        let log = ProgressLog()
        let migrator = try world.migrator(files, documents: store)
        let applied = try await migrator.apply { log.add($0) }
        #expect(applied.map(\.number) == [1, 2, 3])
        #expect(log.all.last.map { "\($0)".contains("0003_b.sql") } == true)
        let states = try await migrator.status().map(\.state)
        #expect(states == [.applied, .applied, .applied])
        var edited = files
        edited["0002_dossiers.documents.json"] = plan + "\n"
        let error = await migrationError { try await world.migrator(edited, documents: store).apply() }
        #expect(
          error?.description == "history does not fit: 0002_dossiers.documents.json: edited since it was applied")
      }
    }
  }

  @Test("A document migration that fails stops the files behind it, in either store")
  func failing() async throws {
    try await MigrationWorld.with { world async throws in
      try await withStore { store async throws in
        // An index cannot be turned into a unique one by making it again.
        let conflicting = #"{"collections":[{"name":"dossier","indexes":[{"name":"by_person","keys":{"x":1}}]}]}"#
        let files = [
          "0001_a.documents.json": plan, "0002_b.documents.json": conflicting, "0003_c.sql": "CREATE TABLE c (x int)",
        ]
        let migrator = try world.migrator(files, documents: store)
        let error = await migrationError { try await migrator.apply() }
        #expect(error?.description.hasPrefix("0002_b.documents.json: step 2 of 2: ") == true)
        #expect(try await migrator.status().map(\.state) == [.applied, .pending, .pending])
        #expect(try await !world.exists("c"))
      }
    }
  }
}
