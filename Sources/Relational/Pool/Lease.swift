/// A connection while it is lent, and what is known about its use.
final class Lease: Sendable {
  let connection: Connection
  let state: LeaseState
  private let statementTimeout: Duration?

  init(_ connection: Connection, state: LeaseState, statementTimeout: Duration?) {
    self.connection = connection
    self.state = state
    self.statementTimeout = statementTimeout
  }

  /// One statement, decoded later by the caller.
  func perform(_ call: StatementCall) async throws(RelationalError) -> StatementResult {
    if call.leavesTraces { state.noteReset() }
    let request = Request(body: .statement(call), timeout: statementTimeout, lease: state, label: call.name)
    return StatementResult(result: try await answer(to: request).get(), statement: call.name)
  }

  func script(_ sql: String) async throws(RelationalError) {
    // A script may change settings of the session, which the next lease must not see.
    state.noteReset()
    let answer = await answer(to: Request(body: .script(sql), lease: state, label: "script"))
    if let failure = answer.failure { throw failure }
  }

  /// COPY from begin to end; whatever goes wrong on our side is told to the server, which then keeps nothing.
  func copyIn<Rows: Sequence>(
    _ copy: CopyStatement, _ rows: Rows, _ write: (Rows.Element, inout CopyRow) -> Void
  ) async throws(RelationalError) -> Int {
    let request = Request(body: .copy(copy.sql), timeout: statementTimeout, lease: state, label: copy.name)
    let begun = note(await connection.beginCopy(request))
    if let failure = begun.failure { throw failure }
    var row = CopyRow()
    row.writer.write(bytes: Self.copySignature)
    var problem: RelationalError?
    for element in rows {
      row.begin(columns: copy.columnCount)
      write(element, &row)
      if let failure = row.failure {
        problem = RelationalError(.encoding, failure.description, statement: copy.name, underlying: failure)
      } else if row.count != copy.columnCount {
        problem = RelationalError(.misuse, "a row has another number of columns", statement: copy.name)
      } else if row.writer.bytes.count >= 65_536 {
        if Task.isCancelled { problem = .cancelled(copy.name) } else { await send(&row) }
      }
      if problem != nil { break }
    }
    if problem == nil {
      row.writer.write(Int16(-1))
      await send(&row)
    }
    let answer = note(
      await connection.endCopy(
        error: problem.map { "\($0.code)" }, timeout: statementTimeout, label: copy.name))
    if let problem { throw problem }
    return try answer.get().affectedRows
  }

  /// A lost connection shows when the copy is ended.
  private func send(_ row: inout CopyRow) async {
    _ = await connection.copy(row.writer.bytes, timeout: statementTimeout)
    row.writer.bytes.removeAll(keepingCapacity: true)
  }

  /// The eleven bytes that every binary copy begins with, flags and the length of an extension.
  private static let copySignature: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)

  private func answer(to request: Request) async -> Answer { note(await connection.run(request)) }

  /// Remembers a lost serialization even when the body turns the error into another one.
  private func note(_ answer: Answer) -> Answer {
    if answer.failure?.code == .serialization { state.noteSerializationFailure() }
    return answer
  }
}
