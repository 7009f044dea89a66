import Documents
import Foundation
import Testing

@testable import Migration

@Suite("Folders of migrations")
struct FolderTests {
  private func folder(_ files: [String: String]) throws -> MigrationFolder {
    try MigrationFolder(contents: files.mapValues { Array($0.utf8) })
  }

  private func problems(_ files: [String: String]) -> [String] {
    do { _ = try folder(files) } catch MigrationError.folder(let problems) { return problems.map(\.description) } catch
    {}
    return []
  }

  @Test("Both kinds of files form one order, and the chain stands for all before it")
  func order() throws {
    let files = [
      "0001_base.sql": "SELECT 1", "0002_dossiers.documents.json": #"{"collections":[{"name":"dossier"}]}"#,
      "0003_more.sql": "SELECT 2",
    ]
    let first = try folder(files).files
    #expect(first.map(\.number) == [1, 2, 3])
    #expect(first.map(\.store) == [.relational, .documents, .relational])
    var changed = files
    changed["0001_base.sql"] = "SELECT 1 "
    let second = try folder(changed).files
    #expect(first[0].checksum != second[0].checksum)
    #expect(first[2].checksum == second[2].checksum)
    #expect(first[2].chain != second[2].chain)
  }

  @Test("A folder on disk is read, and files of other kinds are passed over")
  func disk() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: path) }
    try Data("SELECT 1".utf8).write(to: path.appending(path: "0007_a.sql"))
    try Data("words".utf8).write(to: path.appending(path: "README.md"))
    #expect(try MigrationFolder(path: path.path).files.map(\.fileName) == ["0007_a.sql"])
    #expect(throws: MigrationError.self) { try MigrationFolder(path: path.path + "/absent") }
  }

  @Test(
    "A file that does not fit is named with its reason",
    arguments: [
      (["0001_a.sql": "SELECT 1", "0001_b.sql": "SELECT 1"], "0001_b.sql: has the number of 0001_a.sql"),
      (["0001_a.sql": "SELECT 1", "0003_c.sql": "SELECT 1"], "0003_c.sql: comes after a gap behind 0001_a.sql"),
      (["1_a.sql": "SELECT 1"], "1_a.sql: is not named NNNN_name"),
      (["00001_a.sql": "SELECT 1"], "00001_a.sql: is not named NNNN_name"),
      (["0001_A.sql": "SELECT 1"], "0001_A.sql: is not named NNNN_name"),
      (["0001_a.json": "{}"], "0001_a.json: is neither .sql nor .documents.json"),
      (["0001_a.sql": "-- nothing"], "0001_a.sql: line 1: no statement"),
      (["0001_a.sql": "SELECT 'a"], "0001_a.sql: line 1: a quoted string does not end"),
      (
        ["0001_a.sql": "SELECT 1;\nCOMMIT;"],
        "0001_a.sql: line 2: transactions are the migrator's; see transaction=none"
      ),
      (
        ["0001_a.sql": "-- migrate: transaction=none\nSET search_path TO x; SELECT 1"],
        "0001_a.sql: line 2: settings do not carry over with transaction=none"
      ),
      (["0001_a.sql": "COPY t (a, b) FROM STDIN"], "0001_a.sql: line 1: COPY FROM STDIN has no data here; use INSERT"),
      (
        ["0001_a.sql": "-- migrate: transaction=nope\nSELECT 1"],
        "0001_a.sql: line 1: unknown directive transaction=nope"
      ),
      (
        ["0001_a.sql": "-- migrate: lock_timeout=1s';DROP\nSELECT 1"],
        "0001_a.sql: line 1: unknown directive lock_timeout=1s';DROP"
      ),
      (
        ["0001_a.sql": "SELECT 1;\n-- migrate: transaction=none"],
        "0001_a.sql: line 2: a directive after the first statement"
      ),
    ])
  func misfits(files: [String: String], problem: String) {
    #expect(problems(files) == [problem])
  }

  @Test("Directives of the header are understood, with commas, spaces and carriage returns")
  func directives() throws {
    let script = try RelationalScript("-- words\r\n-- migrate: transaction=none,  lock_timeout=250ms\r\n\r\nSELECT 1;")
    #expect(!script.transactional)
    #expect(script.lockTimeout == "250ms")
    #expect(try RelationalScript("SELECT 1").transactional)
  }

  @Test(
    "A document plan with a fault is refused",
    arguments: [
      ("{", "line 1: a key in quotes is missing"), ("[]", "the file is not an object"),
      (#"{"collections":[]}"#, "no collection"),
      (#"{"collections":[{"name":"a","nam":1}]}"#, "a collection has an unknown key nam"),
      (#"{"collections":[{"name":"a","indexes":[{"name":"i","keys":{}}]}]}"#, "the index i has no keys"),
      (
        #"{"collections":[{"name":"a","indexes":[{"name":"i","keys":{"x":1},"uniqe":true}]}]}"#,
        "an index has an unknown key uniqe"
      ), ("{\n\"collections\":1,\n\"collections\":2}", "line 3: the key collections stands twice"),
      (#"{"collections":[{"name":"system.users"}]}"#, "a collection has no usable name"),
    ])
  func badPlans(text: String, problem: String) {
    #expect(problems(["0001_a.documents.json": text]) == ["0001_a.documents.json: \(problem)"])
  }

  @Test("A plan keeps the order of the keys of a compound index")
  func keyOrder() throws {
    let keys = ["z", "a", "m", "b", "y"]
    let members = keys.map { "\"\($0)\": 1" }.joined(separator: ",")
    let text = #"{"collections":[{"name":"c","indexes":[{"name":"i","keys":{\#(members)}}]}]}"#
    let plan = try DocumentPlan(Array(text.utf8))
    #expect(plan.collections[0].indexes[0]["key"]?.document?.keys == keys)
  }

  @Test(
    "JSON is read as its standard has it",
    arguments: [
      (#" [1, -2.5e1, "a\u4eba\ud83d\ude00\n", true, null, {}] "#, true), ("[1,]", false), ("01x", false),
      (#"{"a":1}}"#, false), (#""\ud83d""#, false), ("+1", false), ("\"a\nb\"", false), ("", false), ("nul", false),
    ])
  func json(text: String, isJSON: Bool) {
    let read = try? OrderedJSON(Array(text.utf8))
    #expect((read != nil) == isJSON)
  }

  @Test("Deep nesting is refused and does not overflow the stack")
  func deepJSON() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: OrderedJSON.Failure.self) { try OrderedJSON(Array(text.utf8)) }
  }

  @Test(
    "The name of an index that is built concurrently is found as written",
    arguments: [
      ("CREATE INDEX CONCURRENTLY a_b ON t (x)", "a_b"),
      ("create unique index concurrently \"A b\" on t(x)", "\"A b\""),
      ("CREATE INDEX CONCURRENTLY IF NOT EXISTS s.i ON t (x)", "s.i"), ("CREATE INDEX CONCURRENTLY ON t (x)", nil),
      ("CREATE INDEX i ON t (x)", nil), ("DROP INDEX CONCURRENTLY i", nil),
    ])
  func concurrentIndex(statement: String, name: String?) throws {
    #expect(try SQLScript.statements(of: statement).first?.concurrentIndex == name)
  }
}
