public import Kernel
import Relational

/// One business action under way: its transaction, who acts, and the verbs that may take part in it.
///
/// It ends with the closure that it was given to; nothing of it may be kept.
public struct Action: Sendable {
  let core: Core
  let transaction: Transaction
  let statements: ActionStatements
  /// Who acts.
  public let actor: Actor
  /// The moment of the action, the same for everything that it records; whole milliseconds, as both stores keep them.
  public let now: Instant
  let journal: ActionJournal

  /// Checks that the actor may do `operation` and remembers it for the record of a refusal.
  func begin(_ operation: Operation, _ object: AuditObject? = nil) throws(HaijuError) {
    journal.begin(operation, object)
    try actor.check(operation)
  }

  /// Records that `operation` was done, in the same transaction.
  func record(_ operation: Operation, _ object: AuditObject) {
    write(
      AuditStatements.insert, actor.account, actor.role.rawValue, actor.address, operation.rawValue, object.kind,
      object.id, AuditResult.done.rawValue, String?.none, actor.trace)
  }
}

extension Actor {
  /// Refuses an operation that this actor's role may not do.
  func check(_ operation: Operation) throws(HaijuError) {
    if role == .system || operation.roles.contains(role) { return }
    throw role == .anonymous ? .unauthenticated : .forbidden(operation)
  }
}
