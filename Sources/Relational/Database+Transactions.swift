import Kernel

extension Database {
  /// Runs the body in a transaction: leaving it commits, throwing rolls back and throws the body's error.
  ///
  /// BEGIN travels with the first statement, so the cost is one round trip for each statement and one for COMMIT; with
  /// `finish` the last statements bring COMMIT along, and a body without statements costs none. Lost serializations and
  /// deadlocks run the body again, three times in all. Cancelling rolls back; once COMMIT is under way its answer is
  /// awaited for a second, then `.outcomeUnknown` is thrown.
  @discardableResult
  public func withTransaction<T: Sendable>(
    isolation: Isolation = .readCommitted, readOnly: Bool = false,
    _ body: @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    try await repeating(isolation, readOnly) { lease in
      // When the body throws, taking the connection back rolls back.
      let value = try await body(Transaction(lease: lease, depth: 0))
      if !lease.state.isUntouched, !lease.state.isCommitted { _ = try await lease.commit() }
      return value
    }
  }

  /// Commits statements whose order and values are known: BEGIN, all of them and COMMIT in one round trip.
  ///
  /// The first failure names its statement, and nothing is committed. Lost serializations and deadlocks send the whole
  /// batch again, three times in all. Cancelling and deadlines stop it on the server, whose answer says whether it was
  /// committed before; without an answer in two seconds, `.outcomeUnknown`. An empty batch costs nothing.
  @discardableResult
  public func commit(
    _ batch: Batch, isolation: Isolation = .readCommitted, readOnly: Bool = false
  ) async throws(RelationalError) -> Batch.Replies {
    let calls = try batch.checked()
    if calls.isEmpty { return Batch.Replies(results: [], calls: []) }
    do {
      let results = try await repeating(isolation, readOnly) { try await $0.commit(after: calls) }
      return Batch.Replies(results: results, calls: calls)
    } catch let error as RelationalError {
      throw error
    } catch {
      throw .cancelled(nil)
    }
  }

  /// Runs the body with one connection kept for it, without a transaction around it.
  ///
  /// Afterwards settings, locks, listeners and temporary tables are dropped, which costs one round trip.
  @discardableResult
  public func withSession<T: Sendable>(_ body: @Sendable (Session) async throws -> T) async throws -> T {
    let state = LeaseState(owner: ObjectIdentifier(self), begin: nil, needsReset: true)
    return try await withLease(state) { lease in try await body(Session(lease: lease)) }
  }

  // MARK: Leases

  func refuseNestedLease() throws(RelationalError) {
    let held = LeaseScope.held
    if held.isEmpty { return }
    let owner = ObjectIdentifier(self)
    if held.contains(where: { $0.owner == owner && !$0.isOver }) {
      throw RelationalError(.nestedLease, "this task holds a connection already: use its transaction or session")
    }
  }

  /// Once, and twice more when it lost against a competitor.
  private func repeating<T: Sendable>(
    _ isolation: Isolation, _ readOnly: Bool, _ body: (Lease) async throws -> T
  ) async throws -> T {
    let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
    for attempt in 1... {
      let state = LeaseState(owner: ObjectIdentifier(self), begin: begin, needsReset: false)
      do {
        return try await withLease(state, body)
      } catch {
        let isUnknown = (error as? RelationalError)?.mayHaveTakenEffect ?? false
        guard state.mayRunAgain, !isUnknown, attempt < 3, !Task.isCancelled else { throw error }
        counters.note { $0.serializationRetries += 1 }
        // Competitors that met once should not meet again at the same moment.
        try await Task.sleep(for: .milliseconds(Double.random(in: 1...10) * Double(attempt * attempt)))
      }
    }
    preconditionFailure("the loop above only ends by returning or throwing")
  }

  private func withLease<T: Sendable>(
    _ state: LeaseState, _ body: (Lease) async throws -> T
  ) async throws -> T {
    try refuseNestedLease()
    let connection = try await pool.acquire()
    let lease = Lease(
      connection, state: state, statementTimeout: configuration.statementTimeout, tracer: configuration.tracer)
    let outcome: Result<T, any Error>
    do {
      outcome = .success(try await LeaseScope.$held.withValue(LeaseScope.held + [state]) { try await body(lease) })
    } catch {
      outcome = .failure(error)
    }
    state.end()
    await pool.release(connection, reset: state.needsReset)
    return try outcome.get()
  }
}
