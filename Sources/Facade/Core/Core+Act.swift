import Kernel
import Logging
import Relational

extension Core {
  /// Runs an action in one transaction; see `Haiju.act(as:)`.
  func act<Value: Sendable>(
    as actor: Actor, _ body: @Sendable (Action) async throws -> Value
  ) async throws(HaijuError) -> Committed<Value> {
    let journal = ActionJournal()
    do {
      let committed = try await database.withTransaction { transaction in
        journal.restart()
        let action = Action(
          core: self, transaction: transaction, statements: ActionStatements(transaction), actor: actor,
          now: clock.now().truncatedToMilliseconds, journal: journal)
        let value = try await body(action)
        let mark = try await action.statements.commit()
        return Committed(value: value, mark: CommitMark(transaction: mark ?? 0))
      }
      await projector.apply(journal.changedDossiers)
      return committed
    } catch {
      let failure = HaijuError(error, logger: logger, trace: actor.trace)
      if let attempt = journal.attempt { await recordFailure(failure, of: attempt.operation, attempt.object, actor) }
      throw failure
    }
  }

  /// Runs a read for an actor: checks the permission and records a refusal, or a look at what is not the actor's.
  func read<Value: Sendable>(
    _ operation: Operation, _ object: AuditObject? = nil, as actor: Actor, _ body: () async throws -> Value
  ) async throws(HaijuError) -> Value {
    do {
      try actor.check(operation)
      return try await body()
    } catch {
      let failure = HaijuError(error, logger: logger, trace: actor.trace)
      if failure.isRefusal { await recordFailure(failure, of: operation, object, actor) }
      throw failure
    }
  }

  /// Leaves a record of what was refused or failed, in a transaction of its own: the action's is gone.
  func recordFailure(_ failure: HaijuError, of operation: Operation, _ object: AuditObject?, _ actor: Actor) async {
    let result: AuditResult = failure.isRefusal ? .refused : .failed
    do {
      _ = try await database.execute(
        AuditStatements.insert, actor.account, actor.role.rawValue, actor.address, operation.rawValue, object?.kind,
        object?.id, result.rawValue, failure.code, actor.trace)
    } catch {
      logger.error(
        "a refusal could not be recorded", metadata: ["operation": "\(operation.rawValue)", "trace": "\(actor.trace)"])
    }
  }
}
