import Synchronization

extension Connection {
  /// Who waits for an answer.
  enum Caller {
    case continuation(CheckedContinuation<Answer, Never>)
    case pending(PendingAnswer)

    func resume(returning answer: Answer) {
      switch self {
      case .continuation(let continuation): continuation.resume(returning: answer)
      case .pending(let pending): pending.arrived(answer)
      }
    }
  }

  /// A request whose turn has not come.
  struct Waiting {
    let serial: Int
    let request: Request
    let caller: Caller
    /// What its lease has to send before, where that was settled when it was asked.
    var prefix: [String]?
  }

  /// A request under way.
  struct Exchange {
    enum Phase {
      /// Sent, at least in part; the answer is awaited.
      case asked
      /// A script's lease has something to send before; the script itself follows.
      case prefixOnly
      /// The server waits for rows.
      case copyingIn
      /// The server sends rows.
      case copyingOut(PQRowBuilder)
      /// A question without a caller, to see that no late cancel request disturbs the next one.
      case barrier
    }

    let serial: Int
    let request: Request
    /// Nobody waits between the steps of a COPY, and when the caller has been told already.
    var caller: Caller?
    var phase = Phase.asked
    var prefix: [String] = []
    /// The first step that has not been sent, because the socket takes no more at present.
    var nextStep = 0
    var isSynced = false
    var isRepetition = false
    var answer = Answer()
    /// Where its figures go; several steps look theirs up when they are answered.
    var meter: StatementMeter?
    var sentAt: UInt64 = 0
    var deadline: LoopTimers.ID?
    /// To notice a warning that came with the answer.
    var noticesBefore = 0
  }
}

/// An answer that was asked for before anybody waits for it.
final class PendingAnswer: Sendable {
  private enum State {
    case asked
    case awaited(CheckedContinuation<Answer, Never>)
    case arrived(Answer)
  }
  let serial: Int
  private let connection: Connection
  private let state = Mutex(State.asked)

  init(_ connection: Connection, serial: Int) {
    self.connection = connection
    self.serial = serial
  }

  fileprivate func arrived(_ answer: Answer) {
    let continuation = state.withLock { state in
      defer { state = .arrived(answer) }
      if case .awaited(let continuation) = state { return Optional(continuation) }
      return nil
    }
    continuation?.resume(returning: answer)
  }

  /// Waits; once. Cancelling interrupts the request.
  func get() async -> Answer {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Answer? = state.withLock { state in
          if case .arrived(let answer) = state { return answer }
          state = .awaited(continuation)
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      connection.cancel(serial)
    }
  }
}
