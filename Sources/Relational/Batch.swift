/// Statements whose order and values are known, to travel together in one round trip.
///
/// The first that fails aborts those behind it, and its name is in the error.
public struct Batch: Sendable {
  /// Stands for the rows of one statement of a batch; `Replies` gives them.
  public struct Reply<Row: RowDecodable>: Sendable {
    let index: Int
  }

  private var calls: [StatementCall] = []
  private var failure: RelationalError?

  /// An empty batch.
  public init() {}

  /// How many statements it has.
  public var count: Int { calls.count }

  /// Adds a statement with its values; the reply stands for its rows.
  ///
  /// A value that cannot be sent is reported when the batch is sent, and then nothing is.
  @discardableResult
  public mutating func add<Row>(_ statement: Statement<Row>, _ values: any SQLEncodable...) -> Reply<Row> {
    add(statement, with: values)
  }

  /// Adds a statement; the values as an array.
  @discardableResult
  public mutating func add<Row>(_ statement: Statement<Row>, with values: [any SQLEncodable]) -> Reply<Row> {
    let reply = Reply<Row>(index: calls.count)
    do throws(RelationalError) {
      calls.append(try StatementCall(statement, values))
    } catch {
      failure = failure ?? error
    }
    return reply
  }

  func checked() throws(RelationalError) -> [StatementCall] {
    if let failure { throw failure }
    return calls
  }

  /// The answers to the statements of a batch.
  public struct Replies: Sendable {
    let results: [PQResult]
    let calls: [StatementCall]

    /// The rows of a statement; throws `.decoding` as `query` does, and `.misuse` for the reply of another batch.
    public subscript<Row>(reply: Reply<Row>) -> [Row] {
      get throws(RelationalError) { try result(reply).rows(Row.self) }
    }

    /// How many rows a statement inserted, changed, deleted or returned.
    public func affectedRows<Row>(_ reply: Reply<Row>) throws(RelationalError) -> Int {
      try result(reply).affectedRows
    }

    private func result<Row>(_ reply: Reply<Row>) throws(RelationalError) -> StatementResult {
      guard reply.index < calls.count, reply.index < results.count else {
        throw RelationalError(.misuse, "the reply belongs to another batch")
      }
      return StatementResult(result: results[reply.index], statement: calls[reply.index].name)
    }
  }
}

extension Transaction {
  /// Sends statements together within the transaction: one round trip, and the first one brings BEGIN along.
  ///
  /// Throws what the first failing statement says; as after every error the transaction can only be rolled back, or a
  /// savepoint around this. An empty batch costs nothing. Cancelling stops it on the server.
  public func perform(_ batch: Batch) async throws(RelationalError) -> Batch.Replies {
    try lease.state.check(depth: depth)
    let calls = try batch.checked()
    let results = calls.isEmpty ? [] : try await lease.steps(calls.map { .statement($0) })
    return Batch.Replies(results: results, calls: calls)
  }

  /// Sends the last statements of the transaction together with COMMIT, which saves a round trip.
  ///
  /// When it returns, the transaction is committed, whatever the body throws afterwards; further statements are refused
  /// with `.closed`. Throws as `Database.commit`. Not inside a savepoint: `.misuse`.
  public func finish(_ batch: Batch) async throws(RelationalError) -> Batch.Replies {
    try lease.state.check(depth: depth)
    if depth > 0 { throw RelationalError(.misuse, "a savepoint cannot finish its transaction") }
    let calls = try batch.checked()
    return Batch.Replies(results: try await lease.commit(after: calls), calls: calls)
  }
}
