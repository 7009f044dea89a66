import Documents
import GMCrypto
import Kernel

/// The collection `migration_ledger`: what the document store remembers of the migrations run on it.
///
/// A row is written after a migration's last command, so its presence means that all of it is there.
struct DocumentLedger: Sendable {
  let store: DocumentStore

  private var collection: DocumentCollection { store.collection("migration_ledger") }

  /// Every row, by number; one round trip.
  func read() async throws(MigrationError) -> [LedgerEntry] {
    do {
      return try await collection.find([:], sort: ["_id": 1]).map(Self.entry)
    } catch let error as MigrationError {
      throw error
    } catch {
      throw .store(.documents, error)
    }
  }

  /// Runs a migration, then writes its row.
  ///
  /// Cancelling, or losing the store in the middle, leaves a part that the next run finds done.
  func apply(_ file: MigrationFile, _ plan: DocumentPlan, clock: some WallClock) async throws(MigrationError) {
    for (step, (command, alreadySo)) in plan.commands.enumerated() {
      do {
        // Building an index takes as long as the collection is large; the driver's own socket bound still holds.
        _ = try await store.runCommand(command, deadline: .after(.seconds(3600)))
      } catch {
        if let code = error.serverCode, code == alreadySo { continue }
        throw .failed(failedStep(file, step: step + 1, of: plan.commands.count, error))
      }
    }
    let row: BSONDocument = [
      "_id": .int32(Int32(file.number)), "name": .string(file.name), "checksum": BSONValue(file.checksum.bytes),
      "chain": BSONValue(file.chain.bytes), "applied_at": BSONValue(clock.now()),
    ]
    do {
      _ = try await collection.insert([row])
    } catch {
      // Another program without a relational store, and so without its lock, was faster with the same commands.
      if error.code == .duplicateKey, try await read().contains(where: { $0.checksum == file.checksum.bytes }) {
        return
      }
      throw .store(.documents, error)
    }
  }

  private func failedStep(_ file: MigrationFile, step: Int, of steps: Int, _ error: DocumentError) -> FailedStep {
    FailedStep(
      file: file.fileName, step: step, steps: steps, line: nil,
      advice: error.mayHaveHappened ? "it may still finish in the server; apply again" : nil, underlying: error)
  }

  private static func entry(_ row: BSONDocument) throws(MigrationError) -> LedgerEntry {
    guard let number = row["_id"]?.integer, let name = row["name"]?.text, let appliedAt = row["applied_at"]?.instant,
      case .binary(let checksum)? = row["checksum"], case .binary(let chain)? = row["chain"]
    else { throw .store(.documents, LedgerDamaged()) }
    return LedgerEntry(
      number: Int(number), name: name, store: .documents, checksum: checksum.bytes, chain: chain.bytes, done: 1,
      steps: 1, fingerprint: [], appliedAt: appliedAt, failure: nil)
  }
}

/// A row of a ledger that this program did not write that way.
struct LedgerDamaged: Error, CustomStringConvertible {
  var description: String { "a row of migration_ledger does not have its fields" }
}
