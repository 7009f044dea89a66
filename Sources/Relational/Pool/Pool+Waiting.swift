import Kernel
import Synchronization

/// Those who wait in vain, and the timers.
extension Pool {
  /// Tells a waiter why; while the server is away, with the reason of the last attempt.
  func fail(_ waiter: Int, _ failure: PoolMachine.Failure) {
    let (continuation, cause) = state.withLock { ($0.waiters.removeValue(forKey: waiter), $0.connectFailure) }
    let error =
      switch failure {
      case .timeout: RelationalError(.acquireTimeout, "all connections are in use: \(holders())")
      case .tooManyWaiters: RelationalError(.acquireTimeout, "too many calls wait for a connection")
      case .cancelled: RelationalError.cancelled(nil)
      case .closed: RelationalError(.closed, "the database is closed")
      case .unavailable:
        RelationalError(.unavailable, cause?.message ?? "no connection could be opened in time", underlying: cause)
      }
    continuation?.resume(throwing: error)
  }

  /// Who keeps the connections: for the three longest leases the last statement's name and the lease's age.
  private func holders() -> String {
    let leases = state.withLock { state in
      state.machine.leases(at: .now).map { (state.connections[$0.connection], $0.age) }
    }
    let words = leases.prefix(3).map { connection, age in
      let statement = connection?.lastStatement.withLock { $0 } ?? "no statement yet"
      return "\(statement) for \(age.inMicroseconds / 1000) ms"
    }
    return words.joined(separator: ", ") + (leases.count > 3 ? " and \(leases.count - 3) more" : "")
  }

  func cancel(_ waiter: Int) {
    perform(state.withLock { $0.machine.cancelled(waiter) })
  }

  /// For a waiter with less patience than the others, a timer of its own.
  func giveUp(_ waiter: Int, after patience: Duration) {
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(patience)) { [weak self] in
        guard let self else { return }
        self.perform(self.state.withLock { $0.machine.gaveUp(waiter) })
      }
    }
  }

  /// Looks for connections that are too old or idle for too long, as long as there are any.
  func tidyLater() {
    guard let tidyInterval else { return }
    let isFirst = state.withLock { state in
      defer { state.isTidied = true }
      return !state.isTidied
    }
    guard isFirst else { return }
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(tidyInterval)) { [weak self] in
        guard let self else { return }
        let (actions, goesOn) = self.state.withLock { state in
          state.isTidied = false
          return (state.machine.tidy(at: .now), state.machine.connectionCount > 0)
        }
        self.perform(actions)
        if goesOn { self.tidyLater() }
      }
    }
  }

  /// One timer for all waiters: the first in the queue has the first deadline.
  func setTimer() {
    let deadline = state.withLock { state -> Deadline? in
      guard !state.isTimerSet, let deadline = state.machine.nextDeadline else { return nil }
      state.isTimerSet = true
      return deadline
    }
    guard let deadline else { return }
    loop.execute { [weak self, loop] in
      loop.schedule(at: deadline) { [weak self] in self?.expire() }
    }
  }

  private func expire() {
    perform(
      state.withLock { state in
        state.isTimerSet = false
        return state.machine.expire(at: .now)
      })
    setTimer()
  }

  /// The pause after a failed attempt to connect.
  func retry(after delay: Duration) {
    loop.execute { [weak self, loop] in
      loop.schedule(at: .after(delay)) { [weak self] in
        guard let self else { return }
        self.perform(self.state.withLock { $0.machine.retryDue() })
      }
    }
  }
}
