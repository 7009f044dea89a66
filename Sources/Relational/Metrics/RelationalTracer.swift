/// Hears of every named statement, for traces: set it in `RelationalConfiguration.tracer`.
///
/// Both methods are called by the task that issued the statement, so its task-local values are those of the request. They
/// delay it and must not block. Names are all they hear: no text, no values. Without a tracer nothing is spent.
public protocol RelationalTracer: Sendable {
  /// A statement is issued; what is returned is handed back when it has ended. Of a batch, each statement is one.
  func started(_ statement: String, lane: Lane) -> any Sendable
  /// It has ended: rows returned or changed, or the kind of failure. The time includes waiting for a connection.
  func ended(_ token: any Sendable, _ outcome: TraceOutcome)
}

/// How a statement ended.
public enum TraceOutcome: Sendable, Equatable {
  /// So many rows were returned or changed.
  case success(rows: Int)
  /// It failed, or its answer was not awaited.
  case failure(RelationalError.Code)
}

extension RelationalTracer {
  /// Around something that is one statement.
  func traced<T>(
    _ statement: String, _ lane: Lane, rows: (T) -> Int, _ body: () async throws(RelationalError) -> T
  ) async throws(RelationalError) -> T {
    let token = started(statement, lane: lane)
    do throws(RelationalError) {
      let value = try await body()
      ended(token, .success(rows: rows(value)))
      return value
    } catch {
      ended(token, .failure(error.code))
      throw error
    }
  }
}
