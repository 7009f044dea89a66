import Synchronization

/// What belongs to one lease: commands to send before the next statement, and how deep its savepoints are nested.
///
/// BEGIN and SAVEPOINT travel in front of the first statement that needs them, so they cost no round trip of their own.
final class LeaseState: Sendable {
  private struct State {
    var prefix: [String]
    var depth = 0
    var savepoints = 0
    var isOver = false
    var lostSerialization = false
    var needsReset = false
  }
  /// Which database lent it.
  let owner: ObjectIdentifier
  private let state: Mutex<State>

  init(owner: ObjectIdentifier, prefix: [String], needsReset: Bool) {
    self.owner = owner
    state = Mutex(State(prefix: prefix, needsReset: needsReset))
  }

  var isOver: Bool { state.withLock { $0.isOver } }
  /// Whether a statement lost against another transaction, so that the whole may be run again.
  var lostSerialization: Bool { state.withLock { $0.lostSerialization } }
  /// Whether the session may have settings, locks or listeners that the next lease must not see.
  var needsReset: Bool { state.withLock { $0.needsReset } }
  /// Whether even BEGIN has not been sent.
  var isUntouched: Bool { state.withLock { $0.prefix.first?.hasPrefix("BEGIN") ?? false } }

  func takePrefix() -> [String] {
    state.withLock { state in
      defer { state.prefix = [] }
      return state.prefix
    }
  }

  func end() { state.withLock { $0.isOver = true } }
  func noteSerializationFailure() { state.withLock { $0.lostSerialization = true } }
  func noteReset() { state.withLock { $0.needsReset = true } }

  /// Whether a value of this depth may issue statements now.
  func check(depth: Int) throws(RelationalError) {
    let (isOver, present) = state.withLock { ($0.isOver, $0.depth) }
    if isOver { throw RelationalError(.closed, "the transaction or session is over") }
    if present != depth { throw RelationalError(.misuse, "an inner savepoint is open: use its transaction value") }
  }

  func beginSavepoint() -> String {
    state.withLock { state in
      state.depth += 1
      state.savepoints += 1
      let name = "s\(state.savepoints)"
      state.prefix.append("SAVEPOINT \(name)")
      return name
    }
  }

  func endSavepoint(_ name: String, keep: Bool) {
    state.withLock { state in
      state.depth -= 1
      if let unsent = state.prefix.firstIndex(of: "SAVEPOINT \(name)") {
        // No statement was issued inside, so there is nothing to keep or to undo.
        return state.prefix.removeSubrange(unsent...)
      }
      if !keep { state.prefix.append("ROLLBACK TO SAVEPOINT \(name)") }
      state.prefix.append("RELEASE SAVEPOINT \(name)")
    }
  }
}

/// The leases that the present task and its ancestors hold.
enum LeaseScope {
  @TaskLocal static var held: [LeaseState] = []
}
