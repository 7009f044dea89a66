/// Somebody who waits for the row of a key.
protocol LookupCaller {
  var key: LookupKey { get }
  /// Whether nobody waits for the answer any longer.
  var hasLeft: Bool { get }
}

/// Decides which look-ups of one statement travel together; it holds no connection, no thread and no clock.
///
/// With nothing under way, whoever has asked leaves at once. While as many batches are under way as there are
/// connections, further callers gather, so batches grow with the load. A caller only ever joins a batch that has not been
/// sent, so an answer is never older than the question.
struct CoalescingMachine<Caller: LookupCaller> {
  /// Distinct keys that travel as one statement, and who asked for them.
  struct Batch {
    fileprivate(set) var keys = KeyList()
    /// First come, first named, each with the place of its key; several may share one.
    fileprivate(set) var callers: [(caller: Caller, key: Int32)] = []
  }

  /// Callers, hence keys, of one batch, at most.
  let keyLimit: Int
  /// Bytes of keys in one batch, at most, unless a single key has more.
  let byteLimit: Int
  /// Below this many callers for each free connection, one batch carries them all.
  let fairShare: Int
  private var gathering = FIFO<Caller>()
  /// Batches that were taken and have not ended.
  private(set) var underWay = 0

  init(keyLimit: Int = 1000, byteLimit: Int = 262_144, fairShare: Int = 16) {
    self.keyLimit = keyLimit
    self.byteLimit = byteLimit
    self.fairShare = fairShare
  }

  var isIdle: Bool { underWay == 0 && gathering.isEmpty }
  var waitingCount: Int { gathering.count }

  mutating func asked(_ caller: Caller) { gathering.append(caller) }

  /// The next batch, when one may leave now; `connections` is how many could carry one.
  mutating func nextBatch(connections: Int) -> Batch? {
    let free = connections - underWay
    guard free > 0, !gathering.isEmpty else { return nil }
    // Idle connections share a crowd evenly; a few callers are not worth a second statement.
    let parts = max(1, min(free, gathering.count / fairShare))
    let share = min(keyLimit, (gathering.count + parts - 1) / parts)
    var batch = Batch()
    batch.keys.reserveCapacity(share)
    batch.callers.reserveCapacity(share)
    var bytes = 0
    while batch.callers.count < share, let caller = gathering.first {
      if !caller.hasLeft {
        bytes += Int(caller.key.count)
        if bytes > byteLimit, !batch.callers.isEmpty { break }
        batch.callers.append((caller, batch.keys.place(of: caller.key)))
      }
      _ = gathering.popFirst()
    }
    if batch.callers.isEmpty { return nil }
    underWay += 1
    return batch
  }

  /// A batch has its answer, or nobody waits for one any longer.
  mutating func ended() { underWay -= 1 }

  /// Forgets who has left, so that cancelled callers take no room.
  mutating func dropLeft() { gathering.removeAll { $0.hasLeft } }

  /// Everybody who has not been sent yet.
  func forEachWaiting(_ body: (Caller) -> Void) { gathering.forEach(body) }
}
