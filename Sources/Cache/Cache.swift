import Kernel
public import Logging
import Synchronization

/// A Redis that may vanish at any time: then everything is a miss, soon answered, and nothing fails.
///
/// Callers wait at most the deadline (50 ms unless told otherwise), whatever the server or its connection does. After a
/// few failures in a row nobody asks for a second, later for up to ten; then one request tries again. Values carry the
/// revision of what they were made from, so an old one never takes the place of a newer one. Nothing lives here alone.
public final class Cache: Sendable {
  /// What happened since the cache was opened.
  public struct Counters: Sendable, Hashable {
    /// Values found.
    public internal(set) var hits = 0
    /// Keys that the server does not hold.
    public internal(set) var misses = 0
    /// Requests without an answer: server away, too slow, circuit open, task cancelled, or refused by the server.
    public internal(set) var failures = 0
  }

  /// What a key and a value may weigh; larger values are not kept, since one connection serves all.
  public static let maximumValue = 4 << 20

  private struct State {
    /// `nil` without a valid URI and after closing; the thread ends with the last request that holds the worker.
    var worker: CacheWorker?
    var breaker = CircuitBreaker()
    var counters = Counters()
    /// Requests that are not finished; the value appears once somebody waits.
    var requests: [UInt64: CheckedContinuation<CacheReply?, Never>?] = [:]
    var lastRequest: UInt64 = 0
  }

  private let deadline: Duration
  private let logger: Logger
  private let state: Mutex<State>

  /// A cache at `redis://user:password@host:port/database`. Connects when first asked, on a thread of its own.
  ///
  /// Never fails and never waits: with a URI that is none, everything is a miss and the log says why.
  public static func open(
    uri: String, deadline: Duration = .milliseconds(50), logger: Logger = Logger(label: "cache")
  ) -> Cache {
    Cache(CacheAddress(uri), deadline: deadline, logger: logger)
  }

  private init(_ address: CacheAddress?, deadline: Duration, logger: Logger) {
    self.deadline = deadline
    self.logger = logger
    state = Mutex(State(worker: address.map { CacheWorker($0, patience: deadline) }))
    if address == nil { logger.error("the cache's URI is not valid; working without a cache") }
  }

  /// The value of a key, or `nil`: not there, expired, server away or too slow, task cancelled. One round trip.
  public func get(_ key: String) async -> [UInt8]? {
    guard let reply = await ask([.text("GET"), .text(key)]) else { return nil }
    let value: [UInt8]? = if case .bytes(let stored) = reply { StoredValue.value(in: stored) } else { nil }
    state.withLock { state in
      if value == nil { state.counters.misses += 1 } else { state.counters.hits += 1 }
    }
    return value
  }

  /// Keeps a value for a while unless a newer revision is there. One round trip; may silently not happen.
  ///
  /// The comparison and the writing are one atomic step in the server. The same revision again renews the time to live.
  public func set(_ key: String, _ value: [UInt8], revision: Int64, ttl: Duration) async {
    let milliseconds = ttl.inMicroseconds / 1000
    guard milliseconds > 0, value.count <= Self.maximumValue else { return }
    _ = await ask([
      .text("EVAL"), .text(StoredValue.script), .text("1"), .text(key), .text(StoredValue.header(revision)), value,
      .text("\(milliseconds)"),
    ])
  }

  /// Forgets a key. One round trip; may silently not happen, so values need a time to live.
  public func remove(_ key: String) async { _ = await ask([.text("DEL"), .text(key)]) }

  /// Whether the server answers within the deadline.
  public func ping() async -> Bool { await ask([.text("PING")]) == .status }

  /// What happened so far.
  public var counters: Counters { state.withLock { $0.counters } }

  /// Ends the thread; afterwards everything is a miss.
  public func close() async {
    let (worker, waiting) = state.withLock { state in
      defer {
        state.worker = nil
        state.requests = [:]
      }
      return (state.worker, state.requests.values.compactMap { $0 })
    }
    for continuation in waiting { continuation.resume(returning: nil) }
    await worker?.shutdown()
  }

  // MARK: One request

  /// Asks the server; `nil` when there is no answer in time, counted as a failure.
  private func ask(_ words: [[UInt8]]) async -> CacheReply? {
    guard let (request, worker) = admit() else {
      state.withLock { $0.counters.failures += 1 }
      return nil
    }
    let alarm = Task { [deadline] in
      // Cancelled when the answer is there; finishing a finished request does nothing.
      try? await Task.sleep(for: deadline)
      finish(request, nil)
    }
    defer { alarm.cancel() }
    let reply = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard enter(request, continuation) else { return continuation.resume(returning: nil) }
        // Unstructured, because the caller may leave before the server answers.
        Task {
          let result = await worker.run(words) { self.isWaiting(request) }
          note(result)
          finish(request, try? result?.get())
        }
      }
    } onCancel: {
      finish(request, nil)
    }
    guard let reply, reply != .refused else {
      state.withLock { $0.counters.failures += 1 }
      return nil
    }
    return reply
  }

  private func admit() -> (request: UInt64, worker: CacheWorker)? {
    state.withLock { state in
      guard let worker = state.worker, state.breaker.admit(at: .now) != .refuse else { return nil }
      state.lastRequest += 1
      state.requests[state.lastRequest] = .some(nil)
      return (state.lastRequest, worker)
    }
  }

  /// Remembers who waits. `false` when the request was finished before it began: nothing is sent then.
  private func enter(_ request: UInt64, _ continuation: CheckedContinuation<CacheReply?, Never>) -> Bool {
    state.withLock { state in
      guard state.requests[request] != nil else {
        state.breaker.probeWithdrawn(at: .now)
        return false
      }
      state.requests[request] = continuation
      return true
    }
  }

  private func isWaiting(_ request: UInt64) -> Bool { state.withLock { $0.requests[request] != nil } }

  /// The first to come ends the request: the answer, the deadline or the cancellation.
  private func finish(_ request: UInt64, _ reply: CacheReply?) {
    let continuation = state.withLock { $0.requests.removeValue(forKey: request) }
    continuation??.resume(returning: reply)
  }

  private func note(_ result: Result<CacheReply, CacheFailure>?) {
    let change = state.withLock { state -> CircuitBreaker.Change? in
      switch result {
      case .success: return state.breaker.succeeded()
      case .failure: return state.breaker.failed(at: .now)
      case nil:
        state.breaker.probeWithdrawn(at: .now)
        return nil
      }
    }
    switch change {
    case .opened(let wait):
      let reason = if case .failure(let failure) = result { "\(failure)" } else { "" }
      logger.warning("cache away", metadata: ["reason": "\(reason)", "pause": "\(wait)"])
    case .closed: logger.info("cache back")
    case nil: break
    }
  }
}

extension [UInt8] {
  fileprivate static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
