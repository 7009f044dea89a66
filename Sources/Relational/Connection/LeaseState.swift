import Synchronization

/// What belongs to one lease: commands to send before the next statement, and how deep its savepoints are nested.
///
/// BEGIN and SAVEPOINT travel in front of the first statement that needs them, so they cost no round trip of their own.
final class LeaseState: Sendable {
  private struct State {
    var prefix: [String]
    /// Cursors to be closed; the end of the transaction would close them, too.
    var cursorsToClose: [String] = []
    var rollbacks = 0
    var depth = 0
    var names = 0
    var isStreaming = false
    var isOver = false
    var isCommitted = false
    var mayRunAgain = false
    var needsReset = false
    /// The depth of savepoints at which a statement may have taken effect although its caller was told otherwise.
    var doubtfulDepth: Int?
  }
  /// Which database lent it.
  let owner: ObjectIdentifier
  let isTransaction: Bool
  private let state: Mutex<State>

  /// A transaction begins with `begin`; without one it is a session.
  init(owner: ObjectIdentifier, begin: String?, needsReset: Bool) {
    self.owner = owner
    isTransaction = begin != nil
    state = Mutex(State(prefix: begin.map { [$0] } ?? [], needsReset: needsReset))
  }

  var isOver: Bool { state.withLock { $0.isOver } }
  /// Whether a statement lost against another transaction, or met an outdated plan, so that the whole may be run again.
  var mayRunAgain: Bool { state.withLock { $0.mayRunAgain } }
  /// Whether the session may have settings, locks or listeners that the next lease must not see.
  var needsReset: Bool { state.withLock { $0.needsReset } }
  /// Whether even BEGIN has not been sent.
  var isUntouched: Bool { state.withLock { $0.prefix.first?.hasPrefix("BEGIN") ?? false } }
  /// Whether COMMIT has been sent together with the last statements.
  var isCommitted: Bool { state.withLock { $0.isCommitted } }

  /// What has to be sent in front of the next statement.
  func takePrefix() -> [String] {
    state.withLock { state in
      if state.prefix.isEmpty, state.cursorsToClose.isEmpty { return [] }
      defer { (state.prefix, state.cursorsToClose) = ([], []) }
      return state.cursorsToClose.map { "CLOSE \($0)" } + state.prefix
    }
  }

  /// Whether a request that waited for its turn comes too late.
  func refuses(_ request: Request) -> Bool {
    state.withLock { $0.isOver || ($0.isCommitted && !request.interruption.isCommit) }
  }

  func end() { state.withLock { $0.isOver = true } }
  func noteRunAgain() { state.withLock { $0.mayRunAgain = true } }
  func noteReset() { state.withLock { $0.needsReset = true } }
  func noteCommit() { state.withLock { $0.isCommitted = true } }

  /// A caller was told that its statement was cancelled while the server had not answered yet.
  func noteDoubt() { state.withLock { $0.doubtfulDepth = min($0.doubtfulDepth ?? .max, $0.depth) } }

  /// Whether a value of this depth may issue statements now.
  func check(depth: Int) throws(RelationalError) {
    let state = state.withLock { $0 }
    if state.isOver { throw RelationalError(.closed, "the transaction or session is over") }
    if state.isCommitted { throw RelationalError(.closed, "the transaction has been finished") }
    if state.isStreaming { throw RelationalError(.misuse, "a COPY of this transaction is open: end it first") }
    if state.depth != depth {
      throw RelationalError(.misuse, "an inner savepoint is open: use its transaction value")
    }
  }

  /// Whether a commit would do exactly what the callers were told.
  func checkCommit() throws(RelationalError) {
    try check(depth: 0)
    let isDoubtful = state.withLock { state in
      // The commit closes them, even if the transaction is in error and they cannot be closed otherwise.
      state.cursorsToClose = []
      return state.doubtfulDepth != nil
    }
    if isDoubtful {
      throw RelationalError(.rolledBack, "a statement was cancelled whose effect is unknown, so nothing is committed")
    }
  }

  // MARK: Savepoints, cursors and COPY

  func beginSavepoint() -> String {
    state.withLock { state in
      state.depth += 1
      state.names += 1
      let name = "s\(state.names)"
      state.prefix.append("SAVEPOINT \(name)")
      return name
    }
  }

  func endSavepoint(_ name: String, keep: Bool) {
    state.withLock { state in
      state.depth -= 1
      if let doubt = state.doubtfulDepth, doubt > state.depth { state.doubtfulDepth = keep ? state.depth : nil }
      if !keep {
        // Undoing ends the cursors that were opened inside; others may stay until the end.
        state.cursorsToClose = []
        state.rollbacks += 1
      }
      if let unsent = state.prefix.firstIndex(of: "SAVEPOINT \(name)") {
        // No statement was issued inside, so there is nothing to keep or to undo.
        return state.prefix.removeSubrange(unsent...)
      }
      if !keep { state.prefix.append("ROLLBACK TO SAVEPOINT \(name)") }
      state.prefix.append("RELEASE SAVEPOINT \(name)")
    }
  }

  /// A name for a cursor, and how many savepoints have been undone before it is opened.
  func newCursor() -> (name: String, rollbacks: Int) {
    state.withLock { state in
      state.names += 1
      return ("c\(state.names)", state.rollbacks)
    }
  }

  /// Closes a cursor in front of the next statement, unless it may have been undone together with a savepoint.
  func closeCursor(_ name: String, rollbacks: Int) {
    state.withLock { if $0.rollbacks == rollbacks { $0.cursorsToClose.append(name) } }
  }

  /// While rows stream in or out, other statements would wait for ever: they are refused.
  func beginStream() { state.withLock { $0.isStreaming = true } }
  func endStream() { state.withLock { $0.isStreaming = false } }
}

/// The leases that the present task and its ancestors hold.
enum LeaseScope {
  @TaskLocal static var held: [LeaseState] = []
}
