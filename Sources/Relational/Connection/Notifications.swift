import Synchronization

/// What is notified on a channel, an asynchronous sequence that begins with a gap.
///
/// Listening ends when the sequence and its iterators are gone or the reading task is cancelled. Made for one reader:
/// several share the elements.
public struct Notifications: AsyncSequence, Sendable {
  /// What a listener hears.
  public typealias Element = Database.Notification
  /// It never fails.
  public typealias Failure = Never

  private let subscription: Subscription

  init(mailbox: Mailbox, onEnd: @escaping @Sendable () -> Void) {
    subscription = Subscription(mailbox: mailbox, onEnd: onEnd)
  }

  /// Reads on from what waits.
  public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

  /// The reader's position.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let subscription: Subscription

    /// The next element; `nil` when the database has been closed or the task is cancelled.
    public mutating func next() async -> Database.Notification? { await subscription.mailbox.next() }

    /// The same, wherever the caller is isolated.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Database.Notification? {
      await subscription.mailbox.next()
    }
  }

  /// Ends the listening with its last reference.
  fileprivate final class Subscription: Sendable {
    let mailbox: Mailbox
    private let onEnd: @Sendable () -> Void

    init(mailbox: Mailbox, onEnd: @escaping @Sendable () -> Void) {
      self.mailbox = mailbox
      self.onEnd = onEnd
    }

    deinit {
      mailbox.finish()
      onEnd()
    }
  }
}

/// What waits for one reader; bounded, and without silent loss.
///
/// A notification that waits already is not added again: who reads the first one looks at the state that the second one
/// was about. When there is no room, everything is replaced by one gap.
final class Mailbox: Sendable {
  /// At most so many notifications wait.
  static let room = 1024

  private struct State {
    var waiting: [Database.Notification] = []
    /// How many of `waiting` have been read.
    var readCount = 0
    var present: Set<Database.Notification> = []
    var readers: [CheckedContinuation<Database.Notification?, Never>] = []
    var isFinished = false

    mutating func take() -> Database.Notification? {
      guard readCount < waiting.count else { return nil }
      let first = waiting[readCount]
      readCount += 1
      present.remove(first)
      if readCount == waiting.count || readCount >= room {
        waiting.removeFirst(readCount)
        readCount = 0
      }
      return first
    }

    mutating func add(_ element: Database.Notification) {
      if element == .gap || present.count >= room {
        // A gap covers whatever has not been read before it.
        (waiting, readCount, present) = ([.gap], 0, [.gap])
      } else if present.insert(element).inserted {
        waiting.append(element)
      }
    }
  }
  private let state = Mutex(State())

  var isFinished: Bool { state.withLock { $0.isFinished } }

  func put(_ element: Database.Notification) {
    let reader = state.withLock { state -> CheckedContinuation<Database.Notification?, Never>? in
      if state.isFinished { return nil }
      if !state.readers.isEmpty { return state.readers.removeFirst() }
      state.add(element)
      return nil
    }
    reader?.resume(returning: element)
  }

  /// The next element; `nil` once finished. Cancelling finishes.
  func next() async -> Database.Notification? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Database.Notification?? in
          if let element = state.take() { return element }
          if state.isFinished { return .some(nil) }
          state.readers.append(continuation)
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      finish()
    }
  }

  /// What waits can still be read, nothing more comes.
  func finish() {
    let readers = state.withLock { state in
      state.isFinished = true
      defer { state.readers = [] }
      return state.readers
    }
    for reader in readers { reader.resume(returning: nil) }
  }
}
