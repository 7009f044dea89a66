import Foundation
import Kernel
import Synchronization

/// Somebody who wants to know when a socket can be read or written; called on the loop's thread.
protocol ReadinessHandler: AnyObject, Sendable {
  func ready()
}

/// Somebody who acts when a turn of the loop ends; called on the loop's thread.
protocol TurnEndHandler: AnyObject, Sendable {
  func turnEnded()
}

/// One thread that waits for sockets and runs the actors and tasks that live on it.
///
/// It is a serial executor: actors that name it are confined to its thread, which is what makes libpq's objects safe. A
/// task that prefers its `taskExecutor` is resumed by its answer without waking another thread, which is worth a factor
/// of two or more for short reads. Sockets are watched level-triggered by `epoll`; another thread wakes the loop
/// through an `eventfd`. Loops live as long as the process.
final class EventLoop: SerialExecutor, @unchecked Sendable {
  // Proof of Sendable: `inbox` is a mutex; `taskExecutor` is set before anybody else knows the object; everything under "thread only" is touched by the loop's thread alone, which
  // every method that reaches it checks with `isCurrent`.
  private enum Work {
    /// Of an actor that lives here.
    case actorJob(UnownedJob)
    /// Of a task that lives here.
    case taskJob(UnownedJob)
    case action(@Sendable () -> Void)
    case turnEnd(any TurnEndHandler)
  }
  private struct Inbox {
    var work: [Work] = []
    var isSignalled = false
  }
  private let inbox = Mutex(Inbox())
  private let epoll = Epoll()
  /// The executor for tasks that shall run on this thread.
  private(set) var taskExecutor: LoopTaskExecutor!

  // Thread only.
  private var local: [Work] = []
  private var handlers: [Int32: any ReadinessHandler] = [:]
  private var timers = LoopTimers()
  private var turnEnds: [any TurnEndHandler] = []
  /// What is being run; kept, like `readySockets`, so that no turn allocates.
  private var running: [Work] = []
  private var readySockets: [Int32] = []

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
    taskExecutor = LoopTaskExecutor(self)
    let thread = Thread { [self] in run() }
    thread.name = name
    thread.start()
  }

  // MARK: Executor

  /// Queues a job; only a job from another thread costs a wake-up, and only the first one until the loop runs.
  func enqueue(_ job: consuming ExecutorJob) { add(.actorJob(UnownedJob(job))) }

  fileprivate func enqueueTask(_ job: consuming ExecutorJob) { add(.taskJob(UnownedJob(job))) }

  /// Runs a closure on the loop's thread, soon.
  func execute(_ action: @escaping @Sendable () -> Void) { add(.action(action)) }

  /// Calls back once when everything that is ready now has run: the place to flush what has gathered. From any thread.
  func atEndOfTurn(_ handler: any TurnEndHandler) {
    if isCurrent { turnEnds.append(handler) } else { add(.turnEnd(handler)) }
  }

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

  // MARK: The thread

  private func run() {
    currentLoop = UInt(bitPattern: ObjectIdentifier(self))
    while true {
      let isBusy = !local.isEmpty || !turnEnds.isEmpty
      epoll.wait(milliseconds: isBusy ? 0 : timers.millisecondsToNext(), into: &readySockets)
      for socket in readySockets { handlers[socket]?.ready() }
      for action in timers.due() { action() }
      // A few rounds gather the answers' consequences into one flush, without starving the sockets.
      for _ in 0..<8 {
        takeInbox()
        if local.isEmpty { break }
        runLocal()
      }
      guard !turnEnds.isEmpty else { continue }
      let ends = turnEnds
      turnEnds = []
      for end in ends { end.turnEnded() }
    }
  }

  private func takeInbox() {
    inbox.withLock { inbox in
      local.append(contentsOf: inbox.work)
      inbox.work.removeAll(keepingCapacity: true)
      inbox.isSignalled = false
    }
  }

  /// Runs what is queued now; what that queues is for the next round.
  private func runLocal() {
    swap(&local, &running)
    let serial = asUnownedSerialExecutor()
    let executor = taskExecutor.asUnownedTaskExecutor()
    for work in running {
      switch work {
      case .actorJob(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: executor)
      case .taskJob(let job): job.runSynchronously(on: executor)
      case .action(let action): action()
      case .turnEnd(let handler): turnEnds.append(handler)
      }
    }
    running.removeAll(keepingCapacity: running.count <= 4096)
  }
}

/// The event loop as an executor of tasks.
///
/// It is an object of its own because a task outside any actor must not be run as if it were isolated: at its next
/// suspension point it would leave that isolation by queueing once more, which costs as much as a statement.
final class LoopTaskExecutor: TaskExecutor {
  private let loop: EventLoop
  fileprivate init(_ loop: EventLoop) { self.loop = loop }
  func enqueue(_ job: consuming ExecutorJob) { loop.enqueueTask(job) }
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
