import Foundation
import Synchronization

/// A serial executor with a thread of its own, for C clients that block and must stay on one thread.
///
/// Actors that return it as their `unownedExecutor` run only there, so nothing that blocks reaches the cooperative
/// pool. The thread ends after `stop()` once all work given before has run; its owner stops it when nobody can give work
/// any more, which is in `deinit`, because a job given later would never run. Cost of a job: one lock and, when the thread
/// sleeps, one wake-up (8–12 µs of CPU).
public final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  // Proof of Sendable: `jobs` and `stopped` are touched only while `condition` is locked.
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var stopped = false

  /// Starts the thread; `name` shows in debuggers and `/proc`.
  public init(name: String) {
    let thread = Thread { [self] in run() }
    thread.name = name
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Queues a job.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  /// The executor as actors want it.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  /// Ends the thread when its queue is empty.
  public func stop() {
    condition.withLock {
      stopped = true
      condition.signal()
    }
  }

  private func run() {
    let executor = asUnownedSerialExecutor()
    while let batch = nextBatch() {
      for job in batch { job.runSynchronously(on: executor) }
    }
  }

  private func nextBatch() -> [UnownedJob]? {
    condition.withLock {
      while jobs.isEmpty {
        if stopped { return nil }
        condition.wait()
      }
      defer { jobs.removeAll(keepingCapacity: true) }
      return jobs
    }
  }
}
