import Kernel

/// How far a replica has replayed, as far as one of its connections has said.
///
/// The bound is the `xmin` of a snapshot on the replica: every transaction below it is over there, so what it committed
/// is visible. Nothing else is sure: on a standby the snapshot does not list the transactions that are running, so
/// `pg_visible_in_snapshot` takes them for visible. A bound stays true for the connection on which it was read, since a
/// server never forgets, but not for the next one, which may lead to another server.
struct ReplayBound {
  typealias Moment = ContinuousClock.Instant

  private var bound: UInt64 = 0
  private var connection = -1
  private var learnedAt: Moment?
  /// An answer older than this comes from a replica that has trouble answering.
  private let longestSilence: Duration

  init(longestSilence: Duration = .seconds(1)) { self.longestSilence = longestSilence }

  /// The replica has answered on its `connection`th connection; `nil` when it is no standby (any more).
  mutating func learned(_ bound: UInt64?, on connection: Int, at now: Moment) {
    guard let bound else { return forget() }
    self.bound = bound
    self.connection = connection
    learnedAt = now
  }

  mutating func forget() { learnedAt = nil }

  /// Whether a read that must see `mark` may be sent on this connection; any mark will do for `nil`.
  func covers(_ mark: UInt64?, on connection: Int, at now: Moment) -> Bool {
    guard let learnedAt, connection == self.connection, learnedAt.duration(to: now) <= longestSilence else {
      return false
    }
    return mark.map { $0 < bound } ?? true
  }
}
