import Kernel

/// The call that blocks and cannot be avoided: asking the server to cancel. It has a thread of its own.
actor BlockingWork {
  static let cancelling = BlockingWork(name: "relational-cancel")

  private let thread: ThreadExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private init(name: String) { thread = ThreadExecutor(name: name) }

  /// Sends a cancel request and returns when the server has taken it.
  func send(_ cancel: PQCancel) { _ = cancel.send() }
}
