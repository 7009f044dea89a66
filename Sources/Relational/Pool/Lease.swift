/// A connection while it is lent, and what is known about its use.
final class Lease: Sendable {
  let connection: Connection
  let state: LeaseState
  let statementTimeout: Duration?
  private let tracer: (any RelationalTracer)?

  init(
    _ connection: Connection, state: LeaseState, statementTimeout: Duration?, tracer: (any RelationalTracer)? = nil
  ) {
    self.connection = connection
    self.state = state
    self.statementTimeout = statementTimeout
    self.tracer = tracer
  }

  /// One statement, decoded later by the caller.
  func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    let answer = await answer(to: request(.statement(call), label: call.name))
    return StatementResult(result: try answer.get(), statement: call.name)
  }

  func script(_ sql: String) async throws(RelationalError) {
    var request = request(.script(sql), label: "script")
    request.timeout = nil
    if let failure = await answer(to: request).failure { throw failure }
  }

  /// Several steps in one round trip.
  func steps(_ steps: [Request.Step], label: String? = nil) async throws(RelationalError) -> [PQResult] {
    let answer = await answer(to: request(.steps(steps), label: label))
    if let failure = answer.failure { throw failure }
    return answer.results
  }

  /// COMMIT, together with the last statements of the transaction; throws `.rolledBack` when nothing was committed
  /// because an earlier error had been ignored.
  func commit(after batch: [StatementCall] = []) async throws(RelationalError) -> [PQResult] {
    try state.checkCommit()
    state.noteCommit()
    let steps = batch.map { Request.Step.statement($0) }
    let body: Request.Body = batch.isEmpty ? .command("COMMIT") : .steps(steps + [.command("COMMIT")])
    var request = request(body, label: nil)
    request.isDecisive = true
    request.interruption = batch.isEmpty ? .commit : .batch
    let answer = await answer(to: request)
    if answer.failure?.meansStalePlan ?? false { state.noteRunAgain() }
    if try answer.get().commandTag != "COMMIT" {
      throw RelationalError(.rolledBack, "an error inside the transaction was ignored, so COMMIT rolled back")
    }
    return answer.results
  }

  func request(_ body: Request.Body, label: String?) -> Request {
    if body.leavesTraces { state.noteReset() }
    return Request(body: body, isDecisive: !state.isTransaction, timeout: statementTimeout, lease: state, label: label)
  }

  private func answer(to request: Request) async -> Answer {
    guard let tracer else { return note(await connection.run(request)) }
    let tokens = request.statements.map { tracer.started($0.name, lane: .leased) }
    let answer = note(await connection.run(request))
    for (token, outcome) in zip(tokens, request.outcomes(in: answer)) { tracer.ended(token, outcome) }
    return answer
  }

  /// Remembers what must hold even when the body turns the error into another one or ignores it.
  func note(_ answer: Answer) -> Answer {
    if answer.failure?.code == .serialization { state.noteRunAgain() }
    if answer.isPremature, state.isTransaction { state.noteDoubt() }
    return answer
  }
}
