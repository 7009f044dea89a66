import Foundation
import Kernel
import Synchronization

/// Somebody who wants to know when a socket can be read or written; called on the loop's thread.
protocol ReadinessHandler: AnyObject, Sendable {
  func ready()
}

/// One thread that waits for sockets and runs the actors and tasks that live on it.
///
/// It is a serial executor: actors that name it are confined to its thread, which is what makes libpq's objects safe. It
/// is a task executor, too: a task that prefers it is resumed by its answer without waking another thread, which is
/// worth a factor of two for short reads. Sockets are watched level-triggered by `epoll`; another thread wakes the loop
/// through an `eventfd`. Loops live as long as the process.
final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  // Proof of Sendable: `inbox` is a mutex; everything under "thread only" is touched by the loop's thread alone, which
  // every method that reaches it checks with `isCurrent`.
  private enum Work {
    case job(UnownedJob)
    case action(@Sendable () -> Void)
  }
  private struct Inbox {
    var work: [Work] = []
    var isSignalled = false
  }
  private let inbox = Mutex(Inbox())
  private let epoll = Epoll()

  // Thread only.
  private var local: [Work] = []
  private var handlers: [Int32: any ReadinessHandler] = [:]
  private var timers = LoopTimers()
  private var turnEnds: [@Sendable () -> Void] = []

  private static let all: [EventLoop] = {
    let count = max(1, ProcessInfo.processInfo.activeProcessorCount / 4)
    return (0..<count).map { EventLoop(name: "relational-\($0)") }
  }()
  private static let turn = Atomic<Int>(0)

  /// One of the process's loops, in turn.
  static func next() -> EventLoop {
    let number = turn.add(1, ordering: .relaxed).oldValue
    return all[number % all.count]
  }

  private init(name: String) {
    let thread = Thread { [self] in run() }
    thread.name = name
    thread.start()
  }

  // MARK: Executor

  /// Queues a job; only a job from another thread costs a wake-up, and only the first one until the loop runs.
  func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

  /// Runs a closure on the loop's thread, soon.
  func execute(_ action: @escaping @Sendable () -> Void) { add(.action(action)) }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() { precondition(isCurrent, "not on the event loop's thread") }

  /// Whether this is the loop's thread.
  var isCurrent: Bool { currentLoop == UInt(bitPattern: ObjectIdentifier(self)) }

  private func add(_ work: Work) {
    if isCurrent { return local.append(work) }
    let mustSignal = inbox.withLock { inbox in
      inbox.work.append(work)
      defer { inbox.isSignalled = true }
      return !inbox.isSignalled
    }
    if mustSignal { epoll.ring() }
  }

  // MARK: Sockets, timers, ends of turns: on the loop's thread

  /// Watches a socket that is not watched yet.
  func watch(_ socket: Int32, readable: Bool, writable: Bool, _ handler: any ReadinessHandler) {
    checkIsolated()
    handlers[socket] = handler
    epoll.add(socket, readable: readable, writable: writable)
  }

  /// Changes what is watched for. A socket that is watched for nothing still tells when the other side has gone.
  func rewatch(_ socket: Int32, readable: Bool = true, writable: Bool) {
    checkIsolated()
    epoll.change(socket, readable: readable, writable: writable)
  }

  /// Forgets a socket; must come before it is closed.
  func unwatch(_ socket: Int32) {
    checkIsolated()
    if handlers.removeValue(forKey: socket) != nil { epoll.remove(socket) }
  }

  /// Calls back once at a moment.
  @discardableResult
  func schedule(at deadline: Deadline, _ action: @escaping @Sendable () -> Void) -> LoopTimers.ID {
    checkIsolated()
    return timers.add(deadline.instant, action)
  }

  /// Withdraws a call that has not come yet.
  func unschedule(_ id: LoopTimers.ID) {
    checkIsolated()
    timers.remove(id)
  }

  /// Calls back when everything that is ready now has run: the place to flush what has gathered.
  func atEndOfTurn(_ action: @escaping @Sendable () -> Void) {
    checkIsolated()
    turnEnds.append(action)
  }

  // MARK: The thread

  private func run() {
    currentLoop = UInt(bitPattern: ObjectIdentifier(self))
    while true {
      for socket in epoll.wait(milliseconds: local.isEmpty ? timers.millisecondsToNext() : 0) {
        handlers[socket]?.ready()
      }
      for action in timers.due() { action() }
      // A few rounds gather the answers' consequences into one flush, without starving the sockets.
      for _ in 0..<8 {
        takeInbox()
        if local.isEmpty { break }
        runLocal()
      }
      let ends = turnEnds
      turnEnds = []
      for end in ends { end() }
    }
  }

  private func takeInbox() {
    let arrived = inbox.withLock { inbox in
      defer {
        inbox.work.removeAll(keepingCapacity: true)
        inbox.isSignalled = false
      }
      return inbox.work
    }
    local.append(contentsOf: arrived)
  }

  private func runLocal() {
    let batch = local
    local = []
    let serial = asUnownedSerialExecutor()
    let executor = asUnownedTaskExecutor()
    for work in batch {
      switch work {
      case .job(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: executor)
      case .action(let action): action()
      }
    }
  }
}

/// Which loop the present thread is; the address of the object, 0 on all other threads.
private var currentLoop: UInt {
  get { UInt(bitPattern: pthread_getspecific(loopKey)) }
  set { pthread_setspecific(loopKey, UnsafeRawPointer(bitPattern: newValue)) }
}

private let loopKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key, nil)
  return key
}()
