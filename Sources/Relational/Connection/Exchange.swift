extension Connection {
  /// A request whose turn has not come.
  struct Waiting {
    let serial: Int
    let request: Request
    let continuation: CheckedContinuation<Answer, Never>
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
    var continuation: CheckedContinuation<Answer, Never>?
    var phase = Phase.asked
    var prefix: [String] = []
    /// The first step that has not been sent, because the socket takes no more at present.
    var nextStep = 0
    var isSynced = false
    var isRepetition = false
    var answer = Answer()
    var deadline: LoopTimers.ID?
    /// To notice a warning that came with the answer.
    var noticesBefore = 0
  }
}
