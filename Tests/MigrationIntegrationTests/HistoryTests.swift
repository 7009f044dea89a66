import GMCrypto
import Kernel
import Testing

@testable import Migration

@Suite("Comparing ledgers with a folder")
struct HistoryTests {
  private let both: Set<MigrationStore> = [.relational, .documents]

  private func folder(_ count: Int, changing changed: [Int: String] = [:], without absent: Set<Int> = []) throws
    -> [MigrationFile]
  {
    var contents: [String: [UInt8]] = [:]
    for number in 1...count where !absent.contains(number) {
      let isPlan = number == 3
      let name = "000\(number)_m\(number)" + (isPlan ? ".documents.json" : ".sql")
      let text = isPlan ? #"{"collections":[{"name":"c"}]}"# : "SELECT \(number)"
      contents[name] = Array((changed[number] ?? text).utf8)
    }
    return try MigrationFolder(contents: contents).files
  }

  private func entry(_ file: MigrationFile) -> LedgerEntry {
    LedgerEntry(
      number: file.number, name: file.name, store: file.store, checksum: file.checksum.bytes, chain: file.chain.bytes,
      done: file.steps, steps: file.steps, fingerprint: file.fingerprint(first: file.steps),
      appliedAt: Instant(seconds: 1), failure: nil)
  }

  private func states(_ files: [MigrationFile], _ entries: [LedgerEntry], stores: Set<MigrationStore>? = nil)
    -> [MigrationStatus.State]
  {
    History(files: files).judge(entries, stores: stores ?? both).map(\.state)
  }

  @Test("What ran is applied, what follows is pending")
  func ordinary() throws {
    let files = try folder(4)
    #expect(states(files, []) == [.pending, .pending, .pending, .pending])
    #expect(states(files, files.prefix(2).map(entry)) == [.applied, .applied, .pending, .pending])
    #expect(states(files, files.map(entry)) == [.applied, .applied, .applied, .applied])
  }

  @Test("An edited file is named alone, although all later chains differ")
  func edited() throws {
    let entries = try folder(4).map(entry)
    #expect(states(try folder(4, changing: [2: "SELECT 22"]), entries) == [.applied, .edited, .applied, .applied])
  }

  @Test("A file that is gone is missing; one beyond the folder is unknown")
  func missing() throws {
    let files = try folder(4)
    let entries = files.map(entry)
    // The folder itself refuses gaps, so this one is made of a whole folder's files.
    #expect(states([files[0], files[2], files[3]], entries) == [.applied, .missing, .applied, .applied])
    #expect(states(Array(files.prefix(3)), entries) == [.applied, .applied, .applied, .unknown])
  }

  @Test("A file added before one that ran is out of order, in either store")
  func outOfOrder() throws {
    let files = try folder(4)
    let late = [entry(files[0]), entry(files[3])]
    #expect(states(files, late) == [.applied, .outOfOrder, .pending, .applied])
  }

  @Test("A document file slipped in behind the relational store's back is found by the chain")
  func slippedIn() throws {
    let before = try MigrationFolder(contents: ["0001_a.sql": Array("SELECT 1".utf8)]).files
    let moved = try MigrationFolder(contents: [
      "0000_c.documents.json": Array(#"{"collections":[{"name":"c"}]}"#.utf8), "0001_a.sql": Array("SELECT 1".utf8),
    ]).files
    #expect(states(moved, before.map(entry)) == [.outOfOrder, .applied])
  }

  @Test("A chain that differs without any other reason is named")
  func chain() throws {
    let files = try folder(2)
    var entries = files.map(entry)
    let second = entries[1]
    entries[1] = LedgerEntry(
      number: second.number, name: second.name, store: second.store, checksum: second.checksum,
      chain: [UInt8](repeating: 0, count: 32), done: second.done, steps: second.steps, fingerprint: second.fingerprint,
      appliedAt: second.appliedAt, failure: nil)
    #expect(states(files, entries) == [.applied, .historyChanged])
  }

  @Test("Of an interrupted file the part that ran may not change, the rest may")
  func interrupted() throws {
    let header = "-- migrate: transaction=none\n"
    func file(_ text: String) throws -> [MigrationFile] {
      try MigrationFolder(contents: ["0001_a.sql": Array((header + text).utf8)]).files
    }
    let ran = try file("SELECT 1; SELECT 2; SELECT 3")
    let entry = LedgerEntry(
      number: 1, name: "a", store: .relational, checksum: ran[0].checksum.bytes, chain: ran[0].chain.bytes, done: 1,
      steps: 3, fingerprint: ran[0].fingerprint(first: 1), appliedAt: nil, failure: "42601")
    #expect(states(ran, [entry]) == [.interrupted(done: 1, of: 3)])
    #expect(states(try file("SELECT 1; SELECT 'mended'"), [entry]) == [.interrupted(done: 1, of: 2)])
    #expect(states(try file("SELECT 'other'; SELECT 2; SELECT 3"), [entry]) == [.edited])
  }

  @Test("Files of a store that is not asked are left out")
  func oneStore() throws {
    let files = try folder(4)
    let statuses = History(files: files).judge([], stores: [.documents])
    #expect(statuses.map(\.number) == [3])
  }
}
