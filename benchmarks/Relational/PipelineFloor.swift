import BenchmarkReports
import Foundation
import Relational

/// How fast libpq's pipeline is without anything of ours above the wrappers: one thread, epoll by hand, two connections,
/// one synchronization point for all that is sent in a turn, answers counted and thrown away.
struct PipelineFloor: Sendable {
  let uri: String
  let inFlight: Int
  let seconds: Double
  let rows: Int
  let seed: UInt64

  func run() async throws -> Sample {
    try await withCheckedThrowingContinuation { continuation in
      // A thread of its own, since it blocks.
      Thread { continuation.resume(with: Result { try measure() }) }.start()
    }
  }

  private func measure() throws -> Sample {
    let epoll = Epoll()
    // Made before the clock starts: the floor encodes nothing.
    var random = LoadRandom(seed: seed, user: 0)
    let keys = try (0..<65_536).map { _ in try Parameters([random.key(rows)]) }
    let count = min(2, inFlight)
    let lines = try (0..<count).map { number in
      let share = inFlight / count + (number < inFlight % count ? 1 : 0)
      return try FloorConnection(uri, share: share, keys: keys, offset: number * keys.count / count, epoll: epoll)
    }
    let begin = Monotonic.now + UInt64(min(0.3, seconds / 4) * 1e9)
    let end = begin + UInt64(seconds * 1e9)
    for line in lines { try line.start() }
    var tally = Tally()
    var spent: Duration?
    var ready: [Int32] = []
    while Monotonic.now < end {
      if spent == nil, Monotonic.now >= begin { spent = ProcessorTime.now }
      epoll.wait(milliseconds: 1000, into: &ready)
      guard !ready.isEmpty else { throw PeerProcess.Failure(description: "the server does not answer") }
      for socket in ready {
        for line in lines where line.socket == socket { try line.turn(&tally, in: begin..<end) }
      }
    }
    let before = spent ?? ProcessorTime.now
    return Sample(tally, seconds: seconds, processor: ProcessorTime.now - before)
  }
}

/// One connection of the floor; used by its thread only.
private final class FloorConnection {
  let socket: Int32
  private let pq: PQConnection
  private let epoll: Epoll
  private let keys: [Parameters]
  private let share: Int
  private var nextKey: Int
  /// When each batch was sent and how many of it are unanswered, oldest first.
  private var batches: [(sent: UInt64, open: Int)] = []
  private var watchesWrites = false

  /// Connects and prepares, blocking.
  init(_ uri: String, share: Int, keys: [Parameters], offset: Int, epoll: Epoll) throws {
    guard let info = PQConninfo(uri), let pq = PQConnection(connectStart: info.options) else {
      throw PeerProcess.Failure(description: "the connection string cannot be read")
    }
    self.pq = pq
    self.epoll = epoll
    self.keys = keys
    self.share = share
    nextKey = offset
    // Spinning is good enough before the clock starts.
    var polling = pq.connectPoll()
    while polling != .ok {
      guard polling != .failed else { throw PeerProcess.Failure(description: pq.errorMessage) }
      usleep(1000)
      polling = pq.connectPoll()
    }
    socket = pq.socket
    guard pq.setNonblocking(), pq.enterPipelineMode(), pq.sendPrepare("floor", accountByKey, types: [23]) else {
      throw PeerProcess.Failure(description: pq.errorMessage)
    }
    epoll.add(socket, readable: true, writable: false)
  }

  deinit { epoll.remove(socket) }

  func start() throws {
    // The preparation travels with the first batch and counts as one of its answers.
    try send(share, answers: share + 1)
  }

  private func send(_ count: Int, answers: Int) throws {
    for _ in 0..<count {
      nextKey = (nextKey + 1) % keys.count
      guard pq.sendQueryPrepared("floor", keys[nextKey]) else {
        throw PeerProcess.Failure(description: pq.errorMessage)
      }
    }
    guard pq.pipelineSync() else { throw PeerProcess.Failure(description: pq.errorMessage) }
    batches.append((Monotonic.now, answers))
    try flush()
  }

  private func flush() throws {
    let unsent: Bool
    switch pq.flush() {
    case .failed: throw PeerProcess.Failure(description: pq.errorMessage)
    case .done: unsent = false
    case .more: unsent = true
    }
    guard unsent != watchesWrites else { return }
    watchesWrites = unsent
    epoll.change(socket, readable: true, writable: unsent)
  }

  /// Takes what has arrived and sends as many again.
  func turn(_ tally: inout Tally, in window: Range<UInt64>) throws {
    guard pq.consumeInput() else { throw PeerProcess.Failure(description: pq.errorMessage) }
    let now = Monotonic.now
    var answered = 0
    var silent = 0
    while silent < 2, !pq.isBusy {
      guard let result = pq.getResult() else {
        silent += 1
        continue
      }
      silent = 0
      switch result.kind {
      case .success:
        answered += 1
        tally.note(from: batches[0].sent, to: now, in: window)
        batches[0].open -= 1
      case .sync: batches.removeFirst()
      default: throw PeerProcess.Failure(description: result.primaryMessage)
      }
    }
    if answered > 0 { try send(min(answered, share), answers: min(answered, share)) }
    if watchesWrites { try flush() }
  }
}
