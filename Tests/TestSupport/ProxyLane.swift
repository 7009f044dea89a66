import Foundation
import Kernel

/// One direction of a connection through a proxy: what has been read and not yet handed on.
struct ProxyLane {
  enum Written {
    case count(Int)
    /// The length at which the connection is to be cut has been reached.
    case cut(Int)
    case failed
  }

  /// More than that is not read before it has been handed on.
  private static let room = 65_536

  private var portions: [(bytes: ArraySlice<UInt8>, due: ContinuousClock.Instant)] = []
  private var count = 0
  /// Until when the lane rests after a piece.
  private var restsUntil: ContinuousClock.Instant?
  /// The sender has ended; the receiver gets a FIN behind the last byte.
  private(set) var isSourceOver = false
  /// The receiver has got that FIN.
  private(set) var isOver = false
  /// What the length of a cut is compared with.
  var sentUnderFaults = 0

  var hasRoom: Bool { count < Self.room }

  /// When the next portion may be handed on; `nil` without one.
  var nextDue: ContinuousClock.Instant? {
    portions.first.map { max($0.due, restsUntil ?? $0.due) }
  }

  /// Reads once. `false` when the sender has gone without a proper end.
  mutating func read(from source: Int32, keeping: Bool, due: ContinuousClock.Instant) -> Bool {
    var received = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.room) { buffer, count in
      received = recv(source, buffer.baseAddress, buffer.count, 0)
      count = max(0, received)
    }
    if received > 0 {
      if keeping {
        // A portion never overtakes the one before it.
        portions.append((bytes[...], max(due, portions.last?.due ?? due)))
        count += received
      }
      return true
    }
    if received < 0, errno == EAGAIN || errno == EINTR { return true }
    isSourceOver = true
    return received == 0
  }

  /// Hands on what is due: one piece where pieces are wanted, otherwise as much as the receiver takes.
  mutating func write(
    to receiver: Int32, _ faults: FaultProxy.Faults, at now: ContinuousClock.Instant, _ random: inout SeededRandom
  ) -> Written {
    var total = 0
    while !faults.isPaused, let due = nextDue, due <= now {
      let allowed = faults.cutAfter.map { max(0, $0 - sentUnderFaults) } ?? .max
      if allowed == 0 { return .cut(total) }
      let wanted = min(portions[0].bytes.count, allowed, faults.pieces.map { .random(in: $0, using: &random) } ?? .max)
      let sent = portions[0].bytes.withUnsafeBytes { send(receiver, $0.baseAddress, wanted, Int32(MSG_NOSIGNAL)) }
      if sent < 0 { return errno == EAGAIN || errno == EINTR ? .count(total) : .failed }
      total += sent
      dropFirst(sent)
      if let limit = faults.cutAfter, sentUnderFaults >= limit { return .cut(total) }
      if faults.rest > .zero { restsUntil = now + max(faults.rest, .milliseconds(1)) }
      if faults.pieces != nil { break }
    }
    if isSourceOver, portions.isEmpty, !isOver, !faults.isPaused {
      shutdown(receiver, Int32(SHUT_WR))
      isOver = true
    }
    return .count(total)
  }

  private mutating func dropFirst(_ sent: Int) {
    sentUnderFaults += sent
    count -= sent
    portions[0].bytes = portions[0].bytes.dropFirst(sent)
    if portions[0].bytes.isEmpty { portions.removeFirst() }
  }
}

extension ClosedRange<Duration> {
  /// A duration out of the range, evenly.
  func chosen(_ random: inout SeededRandom) -> Duration {
    if lowerBound == upperBound { return lowerBound }
    return lowerBound + (upperBound - lowerBound) * Double.random(in: 0...1, using: &random)
  }
}
