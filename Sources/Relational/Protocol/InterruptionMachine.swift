/// What happens to a request whose caller does not want to wait any longer, and to its connection afterwards.
///
/// A cancel request travels beside the connection and may arrive late. So the connection is used again only when the
/// interrupted request has been answered, the cancel call has returned, and a question sent after both (the barrier) has
/// been answered undisturbed. Events go in, actions come out; nothing here knows a socket or a clock.
struct InterruptionMachine {
  /// What kind of request is interrupted.
  enum Manner: Sendable {
    /// The server is asked to stop. A cancelled caller does not wait for that; one past its deadline does, to learn
    /// what became of its statement.
    case stop
    /// COMMIT. Usually its answer is a moment away, and stopping one that waits for a standby would pretend success.
    case commit
    /// Statements together with their COMMIT: stopped at once, and the answer tells whether they were committed.
    case batch
    /// It must be done in any case and is quick; only a deadline interrupts it.
    case mustFinish
  }

  enum Cause: Sendable, Equatable { case cancelled, deadline }

  /// What the caller hears.
  enum Verdict: Equatable {
    /// What the server answered, as if nobody had interrupted.
    case answer
    /// The server confirmed that it stopped: nothing was done.
    case stopped(Cause)
    /// There is no answer (yet).
    case unanswered(Cause)
    /// There is no answer, and it would have decided about a commit.
    case outcomeUnknown(Cause)
  }

  enum Action: Equatable {
    case tell(Verdict)
    case askServerToStop
    /// How long the whole may take from now; then comes `patienceOver`.
    case wait(Duration)
    case sendBarrier
    case reuse
    case close
  }

  private let manner: Manner
  private var cause: Cause?
  private var isTold = false
  private var isAnswered = false
  private var hasAsked = false
  private var isAsking = false
  private var isBarrierOut = false
  private var isOver = false

  init(_ manner: Manner) { self.manner = manner }

  /// The task was cancelled or the deadline has passed.
  mutating func interrupted(by cause: Cause) -> [Action] {
    guard !isOver, !(manner == .mustFinish && cause == .cancelled) else { return [] }
    if self.cause != nil {
      // Cancelled while it learns what became of its statement: it need not wait for that.
      return manner == .stop && cause == .cancelled ? tell(.unanswered(.cancelled)) : []
    }
    self.cause = cause
    if manner == .commit { return [.wait(.seconds(1))] }
    let told = manner == .stop && cause == .cancelled ? tell(.unanswered(cause)) : []
    hasAsked = true
    isAsking = true
    return told + [.askServerToStop, .wait(.seconds(2))]
  }

  /// The interrupted request has been answered to its end; `stopped` when the answer says that it was cancelled.
  mutating func answered(stopped: Bool) -> [Action] {
    guard let cause, !isOver else { return [] }
    isAnswered = true
    return tell(stopped && hasAsked ? .stopped(cause) : .answer) + proceed()
  }

  /// The call that asks the server to stop has returned, successfully or not.
  mutating func cancelReturned() -> [Action] {
    isAsking = false
    return isOver ? [] : proceed()
  }

  /// The barrier has been answered; `stopped` when the late cancel request hit it.
  mutating func barrierAnswered(stopped: Bool) -> [Action] {
    guard isBarrierOut, !isOver else { return [] }
    isBarrierOut = false
    if stopped { return proceed() }
    isOver = true
    return [.reuse]
  }

  /// The server has not come to an end in time.
  mutating func patienceOver() -> [Action] {
    guard let cause, !isOver else { return [] }
    if !hasAsked {
      // COMMIT: its caller knows no more, but the server need not go on for ever.
      hasAsked = true
      isAsking = true
      return tell(.outcomeUnknown(cause)) + [.askServerToStop, .wait(.seconds(1))]
    }
    return lost() + [.close]
  }

  /// The connection is gone.
  mutating func lost() -> [Action] {
    guard let cause, !isOver else { return [] }
    isOver = true
    return switch manner {
    case .commit, .batch: tell(.outcomeUnknown(cause))
    case .stop, .mustFinish: tell(.unanswered(cause))
    }
  }

  private mutating func proceed() -> [Action] {
    guard isAnswered, !isAsking, !isBarrierOut else { return [] }
    if hasAsked {
      isBarrierOut = true
      return [.sendBarrier]
    }
    isOver = true
    return [.reuse]
  }

  private mutating func tell(_ verdict: Verdict) -> [Action] {
    if isTold { return [] }
    isTold = true
    return [.tell(verdict)]
  }
}
