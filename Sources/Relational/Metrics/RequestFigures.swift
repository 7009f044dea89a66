/// What requests of leased connections add to the figures.
extension StatisticsCounters {
  /// A request of a leased connection is being sent; the meter of its only statement, where there is one.
  func sent(_ request: Request) -> StatementMeter? {
    switch request.body {
    case .statement(let call):
      return sent(call.name, sql: call.sql, lane: .leased)
    case .steps(let steps):
      // Learning the columns is a part of the COPY that follows.
      if case .describe? = steps.first { return nil }
      let calls = request.statements
      for call in calls { _ = sent(call.name, sql: call.sql, lane: .leased) }
      return calls.isEmpty ? request.label.map { sent($0, sql: nil, lane: .leased) } : nil
    case .command, .script, .copyIn, .copyOut:
      return request.label.map { sent($0, sql: nil, lane: .leased) }
    }
  }

  /// A request has been answered, or nobody waits for it any longer.
  func answered(_ exchange: Connection.Exchange, _ answer: Answer) {
    let since = exchange.sentAt
    if let meter = exchange.meter { return meter.answered(.leased, since: since, answer) }
    let calls = exchange.request.statements
    guard !calls.isEmpty else { return unnamed.answered(.leased, since: since, answer) }
    // Of statements that travelled together each took as long as all of them. One of them failed, or none by itself.
    var failed = answer.failure
    let results = exchange.request.results(in: answer)
    for (place, call) in calls.enumerated() {
      let isFailed = failed?.statement == call.name
      if isFailed { failed = nil }
      let result = place < results.count && answer.failure == nil ? results[place] : nil
      meter(call.name, sql: call.sql).answered(
        .leased, since: since, rows: result?.affectedRows ?? 0, bytes: result?.byteCount ?? 0, failed: isFailed)
    }
    if failed != nil { unnamed.answered(.leased, since: since, Answer(failure: failed)) }
  }
}

extension StatementMeter {
  /// One statement's answer.
  func answered(_ lane: Lane, since: UInt64, _ answer: Answer) {
    // The end of a COPY comes with its last rows, and the opening of a cursor with its first.
    let bytes =
      answer.results.isEmpty ? answer.result?.byteCount ?? 0 : answer.results.reduce(0) { $0 + $1.byteCount }
    answered(
      lane, since: since, rows: answer.result?.affectedRows ?? 0, bytes: bytes, failed: answer.failure != nil)
  }
}

extension Request {
  /// The named statements in it.
  var statements: [StatementCall] {
    switch body {
    case .statement(let call): [call]
    case .steps(let steps): steps.compactMap { if case .statement(let call) = $0 { call } else { nil } }
    case .command, .script, .copyIn, .copyOut: []
    }
  }

  /// Their results, as far as there are any.
  func results(in answer: Answer) -> [PQResult] {
    guard case .steps(let steps) = body else { return answer.result.map { [$0] } ?? [] }
    return zip(steps, answer.results).compactMap { step, result in if case .statement = step { result } else { nil } }
  }

  /// How each of them ended: those behind a failure were not executed, those before it were undone with it.
  func outcomes(in answer: Answer) -> [TraceOutcome] {
    if let failure = answer.failure { return statements.map { _ in .failure(failure.code) } }
    return results(in: answer).map { .success(rows: $0.affectedRows) }
  }
}
