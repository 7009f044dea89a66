import Kernel
import Synchronization

/// What an action tried last and whose dossiers it changed: for the record of a refusal and for the work after the commit.
final class ActionJournal: Sendable {
  private struct Entries {
    var operation: Operation?
    var object: AuditObject?
    var dossiers: Set<PersonID> = []
  }

  private let entries = Mutex(Entries())

  /// An operation begins.
  func begin(_ operation: Operation, _ object: AuditObject?) {
    entries.withLock {
      $0.operation = operation
      $0.object = object
    }
  }

  /// A dossier was changed.
  func changed(_ person: PersonID) { entries.withLock { _ = $0.dossiers.insert(person) } }

  /// Forgets what a try before this one did, because it was rolled back.
  func restart() { entries.withLock { $0 = Entries() } }

  /// The operation that began last.
  var attempt: (operation: Operation, object: AuditObject?)? {
    entries.withLock { entries in entries.operation.map { ($0, entries.object) } }
  }

  /// The people whose dossiers were changed.
  var changedDossiers: Set<PersonID> { entries.withLock { $0.dossiers } }
}
