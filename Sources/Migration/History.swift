import GMCrypto
import Kernel

/// One row of a ledger: what a store remembers of a migration.
struct LedgerEntry: Sendable, Hashable {
  let number: Int
  let name: String
  let store: MigrationStore
  let checksum: [UInt8]
  let chain: [UInt8]
  /// Statements that ran, and the fingerprint of them.
  let done: Int
  let steps: Int
  let fingerprint: [UInt8]
  /// `nil` while it runs or when it was interrupted.
  let appliedAt: Instant?
  /// The SQLSTATE that the last run stopped with; `nil` when it was killed, or has not stopped.
  let failure: String?
}

/// Compares what the ledgers say with what the folder holds; no store is asked here.
struct History {
  let files: [MigrationFile]

  /// One status for each file and each entry without a file, by number; only of the given stores.
  func judge(_ entries: [LedgerEntry], stores: Set<MigrationStore>) -> [MigrationStatus] {
    let ran = Dictionary(entries.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    let held = Dictionary(uniqueKeysWithValues: files.map { ($0.number, $0) })
    var statuses: [MigrationStatus] = []
    // A problem explains the other chains behind it; named once, it is not repeated for all that follow.
    var explained = false
    for number in Set(ran.keys).union(held.keys).sorted() {
      switch (held[number], ran[number]) {
      case (let file?, let entry?):
        let state = compare(file, entry)
        if state == .applied, !explained, file.chain.bytes != entry.chain {
          explained = true
          if blamePending(&statuses) {
            statuses.append(status(entry, .applied))
          } else {
            statuses.append(status(entry, .historyChanged))
          }
        } else {
          statuses.append(status(entry, state))
        }
      case (let file?, nil):
        guard stores.contains(file.store) else { continue }
        let isLate = entries.contains { $0.store == file.store && $0.number > number }
        statuses.append(
          MigrationStatus(
            number: number, name: file.name, store: file.store, state: isLate ? .outOfOrder : .pending, appliedAt: nil))
      case (nil, let entry?):
        statuses.append(status(entry, number > (files.last?.number ?? 0) ? .unknown : .missing))
      case (nil, nil): break
      }
      if statuses.last?.isProblem == true { explained = true }
    }
    return statuses
  }

  /// Files that are pending before one whose chain differs were not there when it ran, although the store they are for
  /// had not come so far.
  private func blamePending(_ statuses: inout [MigrationStatus]) -> Bool {
    let late = statuses.indices.filter { statuses[$0].state == .pending }
    for index in late {
      let pending = statuses[index]
      statuses[index] = MigrationStatus(
        number: pending.number, name: pending.name, store: pending.store, state: .outOfOrder, appliedAt: nil)
    }
    return !late.isEmpty
  }

  private func compare(_ file: MigrationFile, _ entry: LedgerEntry) -> MigrationStatus.State {
    guard file.store == entry.store, file.name == entry.name else { return .edited }
    guard entry.appliedAt == nil else { return file.checksum.bytes == entry.checksum ? .applied : .edited }
    // The failing part may be mended; what ran already may not.
    let kept = entry.done <= file.steps && file.fingerprint(first: entry.done) == entry.fingerprint
    return kept ? .interrupted(done: entry.done, of: file.steps) : .edited
  }

  private func status(_ entry: LedgerEntry, _ state: MigrationStatus.State) -> MigrationStatus {
    MigrationStatus(
      number: entry.number, name: entry.name, store: entry.store, state: state, appliedAt: entry.appliedAt)
  }
}
