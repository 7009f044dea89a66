import Foundation
import Kernel

/// A libpq connection on its event loop: connects, sends without blocking, and turns what arrives into events.
///
/// Shared by the leased lane, the shared lane and the listener. It belongs to one actor of the loop and is not
/// `Sendable`, so the compiler keeps it there. In pipeline mode, except for scripts and COPY.
final class Wire<Token> {
  /// What the owner hears.
  enum Event {
    case connected
    case answer(PipelineMachine<Token, PQResult>.Outcome)
  }

  private enum Phase { case connecting, open, closed }

  private var pq: PQConnection
  /// The places that have not been tried yet, and why the others were of no use.
  private var attempts: ConnectAttempts
  private let loop: EventLoop
  private unowned let owner: any ReadinessHandler
  private var phase = Phase.connecting
  private var socket: Int32
  private var machine = PipelineMachine<Token, PQResult>()
  private var watchesWrites = false
  private var watchesReads = true
  /// A COPY is under way; until it ends there are no results to take.
  private var isCopying = false
  private(set) var cancel: PQCancel?
  private var attemptTimer: LoopTimers.ID?

  /// Begins to connect; throws `.unavailable` when nothing answers anywhere at once.
  init(_ plan: ConnectPlan, loop: EventLoop, owner: any ReadinessHandler) throws(RelationalError) {
    var attempts = ConnectAttempts(plan)
    guard let pq = attempts.next() else { throw RelationalError(.unavailable, attempts.failure) }
    self.pq = pq
    self.attempts = attempts
    self.loop = loop
    self.owner = owner
    socket = pq.socket
    loop.watch(socket, readable: false, writable: true, owner)
    limitAttempt()
  }

  var isOpen: Bool { phase == .open }
  var isEmpty: Bool { machine.isEmpty }
  var hasUnsentBytes: Bool { watchesWrites }
  var transactionStatus: PQConnection.TransactionStatus { isOpen ? pq.transactionStatus : .unknown }
  var errorMessage: String { phase == .connecting ? attempts.failure : pq.errorMessage }
  var noticeCount: Int { pq.noticeCount }

  // MARK: Sending. `false` means that the connection is of no use any more.

  func prepare(_ name: String, _ sql: String, types: [UInt32], _ token: Token) -> Bool {
    guard isOpen, pq.sendPrepare(name, sql, types: types) else { return false }
    machine.sent(token)
    return true
  }

  func execute(_ name: String, _ parameters: Parameters, _ token: Token) -> Bool {
    guard isOpen, pq.sendQueryPrepared(name, parameters) else { return false }
    machine.sent(token)
    return true
  }

  func command(_ sql: String, _ token: Token) -> Bool {
    guard isOpen, pq.sendQueryParams(sql) else { return false }
    machine.sent(token)
    return true
  }

  /// A statement without a name, with its values.
  func direct(_ sql: String, _ parameters: Parameters, _ token: Token) -> Bool {
    guard isOpen, pq.sendQueryParams(sql, parameters) else { return false }
    machine.sent(token)
    return true
  }

  /// Asks which columns a prepared statement returns.
  func describe(_ name: String, _ token: Token) -> Bool {
    guard isOpen, pq.sendDescribePrepared(name) else { return false }
    machine.sent(token)
    return true
  }

  func sync() -> Bool {
    guard isOpen, pq.pipelineSync() else { return false }
    machine.sentSync()
    return flush()
  }

  /// A script or a COPY, by the simple protocol; everything before must be over.
  func simple(_ sql: String, _ token: Token) -> Bool {
    guard isOpen, pq.exitPipelineMode(), pq.sendQuery(sql) else { return false }
    machine.sent(token)
    return flush()
  }

  /// Back to pipeline mode after a script or a COPY.
  func resumePipeline() -> Bool { isOpen && pq.enterPipelineMode() }

  func copy(_ bytes: [UInt8]) -> Bool { isOpen && pq.putCopyData(bytes) && flush() }

  /// After the last data, or instead of it with a reason to throw everything away; the answer follows.
  func endCopy(error: String?) -> Bool {
    isCopying = false
    return isOpen && pq.putCopyEnd(error: error) && flush()
  }

  /// The next row that the server copies to us; after `.ended` its answer follows.
  func copiedRow(_ body: (UnsafeRawBufferPointer) -> Void) -> PQConnection.CopyRead {
    guard isOpen else { return .ended }
    let read = pq.getCopyData(body)
    if case .ended = read { isCopying = false }
    return read
  }

  /// Stops or goes on reading from the socket. While it rests, the server soon has to wait.
  func readOn(_ wanted: Bool) {
    guard isOpen, watchesReads != wanted else { return }
    watchesReads = wanted
    loop.rewatch(socket, readable: wanted, writable: watchesWrites)
  }

  /// Writes what the socket takes; the rest follows when it takes more.
  func flush() -> Bool {
    switch pq.flush() {
    case .failed: return false
    case .done: watchWrites(false)
    case .more: watchWrites(true)
    }
    return true
  }

  private func watchWrites(_ wanted: Bool) {
    guard watchesWrites != wanted else { return }
    watchesWrites = wanted
    loop.rewatch(socket, readable: watchesReads, writable: wanted)
  }

  // MARK: Receiving

  /// Takes everything that has arrived. `false` means that the connection failed or is lost.
  ///
  /// Input is consumed while there is output left, too: a server that waits for its answers to be read reads nothing.
  func receive(_ handle: (Event) -> Void) -> Bool {
    switch phase {
    case .closed: return false
    case .connecting: return connect(handle)
    case .open: break
    }
    guard pq.consumeInput(), !pq.isBad else {
      takeReason(handle)
      return false
    }
    takeResults(handle)
    guard isOpen, !pq.isBad else { return false }
    return watchesWrites ? flush() : true
  }

  /// One step of connecting. libpq may close the socket and open another, so it is registered anew around each step.
  private func connect(_ handle: (Event) -> Void) -> Bool {
    loop.unwatch(socket)
    let polling = attempts.isLate ? .failed : pq.connectPoll()
    socket = pq.socket
    switch polling {
    case .failed:
      return connectElsewhere()
    case .reading:
      loop.watch(socket, readable: true, writable: false, owner)
    case .writing:
      loop.watch(socket, readable: false, writable: true, owner)
    case .ok:
      guard pq.setNonblocking(), pq.enterPipelineMode() else { return false }
      phase = .open
      unlimitAttempt()
      cancel = pq.makeCancel()
      loop.watch(socket, readable: true, writable: false, owner)
      handle(.connected)
    }
    return true
  }

  /// Goes on to the next place; `false` when there is none left.
  private func connectElsewhere() -> Bool {
    unlimitAttempt()
    attempts.failed(pq)
    guard let next = attempts.next() else { return false }
    pq = next
    socket = pq.socket
    loop.watch(socket, readable: false, writable: true, owner)
    limitAttempt()
    return true
  }

  /// A silent place wakes nobody, so a timer does; for the last one the owner's own deadline is enough.
  private func limitAttempt() {
    guard let deadline = attempts.deadline else { return }
    attemptTimer = loop.schedule(at: deadline) { [weak owner] in owner?.ready() }
  }

  private func unlimitAttempt() {
    if let attemptTimer { loop.unschedule(attemptTimer) }
    attemptTimer = nil
  }

  /// Takes the results that libpq has already; none during a COPY, where asking would repeat its beginning for ever.
  private func takeResults(_ handle: (Event) -> Void) {
    var silent = 0
    while isOpen, !isCopying, !machine.isEmpty, !pq.isBusy, silent < 2 {
      if let result = pq.getResult() {
        silent = 0
        if let outcome = machine.received(result.kind, result) {
          if case .copyReady = outcome { isCopying = true }
          handle(.answer(outcome))
        }
      } else {
        silent += 1
        if let outcome = machine.ended() {
          silent = 0
          handle(.answer(outcome))
        }
      }
    }
  }

  /// The server's reason for ending the connection, which may have arrived before the end.
  ///
  /// Nothing else: with the connection libpq forgets what was asked, and reads the rest of the answers as if it belonged
  /// to nothing: a row's description becomes a success without rows.
  private func takeReason(_ handle: (Event) -> Void) {
    guard isOpen, !isCopying, !machine.isEmpty, !pq.isBusy, let result = pq.getResult(), result.kind == .failure,
      result.sqlState != nil
    else { return }
    if machine.received(.failure, result) == nil, let outcome = machine.ended() { handle(.answer(outcome)) }
  }

  /// The notifications that have arrived.
  func notifications() -> [(channel: String, payload: String)] {
    var all: [(channel: String, payload: String)] = []
    while isOpen, let next = pq.notifies() { all.append(next) }
    return all
  }

  /// Another handle for the socket, by which to see when the server has let go of it; -1 when there is none.
  func duplicateSocket() -> Int32 {
    // libpq closes the socket of a lost connection at once, and its number may be somebody else's by now.
    phase == .closed || pq.socket < 0 ? -1 : fcntl(socket, F_DUPFD_CLOEXEC, 0)
  }

  /// Stops watching; the socket closes with the last reference to this object. Gives what will never be answered.
  func close() -> [Token] {
    guard phase != .closed else { return [] }
    phase = .closed
    unlimitAttempt()
    loop.unwatch(socket)
    return machine.abandon()
  }
}
