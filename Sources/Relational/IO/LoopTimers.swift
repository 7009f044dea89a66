/// Calls to make at a moment, the earliest first: a binary heap, where withdrawn calls stay until they come up.
struct LoopTimers {
  typealias ID = Int

  private var heap: [(instant: ContinuousClock.Instant, id: ID)] = []
  private var actions: [ID: @Sendable () -> Void] = [:]
  private var nextID = 0

  /// Cost: logarithmic in the calls that are waiting.
  mutating func add(_ instant: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void) -> ID {
    nextID += 1
    actions[nextID] = action
    heap.append((instant, nextID))
    var child = heap.count - 1
    while child > 0, heap[child].instant < heap[(child - 1) / 2].instant {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
    return nextID
  }

  mutating func remove(_ id: ID) {
    actions[id] = nil
    // Mostly withdrawn calls: rebuild, so that a stream of short statements does not fill the heap.
    guard heap.count > 64, heap.count > 4 * actions.count else { return }
    let kept = heap.filter { actions[$0.id] != nil }
    heap = kept.sorted { $0.instant < $1.instant }
  }

  /// The calls whose moment has come.
  mutating func due(at now: ContinuousClock.Instant = .now) -> [@Sendable () -> Void] {
    var calls: [@Sendable () -> Void] = []
    while let first = heap.first, first.instant <= now {
      if let action = actions.removeValue(forKey: first.id) { calls.append(action) }
      removeFirst()
    }
    return calls
  }

  /// How long `epoll_wait` may wait; -1 for ever.
  func millisecondsToNext() -> Int32 {
    guard let first = heap.first else { return -1 }
    let microseconds = max(.zero, ContinuousClock.now.duration(to: first.instant)) / Duration.microseconds(1)
    return Int32(min(60_000, (microseconds / 1000).rounded(.up)))
  }

  /// Takes the earliest call out and restores the heap.
  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].instant < heap[smallest].instant { smallest = child }
      }
      if smallest == parent { return }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
