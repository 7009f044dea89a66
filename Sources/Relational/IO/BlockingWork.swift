import Kernel
import Synchronization

/// The call that blocks and cannot be avoided: asking the server to cancel, on threads of its own.
///
/// A request that nobody answers keeps its thread until the kernel gives its socket up, so each has one to itself, and
/// no other request waits behind it. Threads are made when they are needed and used again.
actor BlockingWork {
  /// When so many requests are unanswered, another one would not be answered either and is not sent.
  private static let limit = 32

  private struct Crew {
    var idle: [BlockingWork] = []
    var count = 0
  }
  private static let crew = Mutex(Crew())

  private let thread = ThreadExecutor(name: "relational-cancel")
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Sends a cancel request and returns when the server has taken it.
  static func send(_ cancel: PQCancel) async {
    let worker = crew.withLock { crew -> BlockingWork? in
      if let idle = crew.idle.popLast() { return idle }
      guard crew.count < limit else { return nil }
      crew.count += 1
      return BlockingWork()
    }
    guard let worker else { return }
    await worker.send(cancel)
    crew.withLock { $0.idle.append(worker) }
  }

  private func send(_ cancel: PQCancel) { _ = cancel.send() }
}
