import Foundation
import Synchronization

/// The monotonic clock in nanoseconds, cheaper to ask than `ContinuousClock`.
enum MonotonicClock {
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// The figures of one statement. Whoever sends it keeps this until the answer, so its name is looked up once.
final class StatementMeter: Sendable {
  /// Its text, to find it among the server's own figures; `nil` for what is not one statement.
  let sql: String?
  private let state = Mutex(StatementFigures())

  init(sql: String?) { self.sql = sql }

  var figures: StatementFigures { state.withLock { $0 } }

  func sent(_ lane: Lane, keys: Int) {
    change(lane) {
      $0.count += 1
      $0.keys += keys
    }
  }

  /// The answer has come, or nobody waits for it any longer.
  func answered(
    _ lane: Lane, since: UInt64, now: UInt64 = MonotonicClock.now, rows: Int, bytes: Int, failed: Bool
  ) {
    let time = now &- since
    change(lane) {
      $0.time.record(nanoseconds: time)
      $0.rows += rows
      $0.bytes += bytes
      if failed { $0.errors += 1 }
    }
  }

  /// A part of an answer that comes in parts.
  func received(_ lane: Lane, bytes: Int) { change(lane) { $0.bytes += bytes } }

  /// In place, so that the histogram is not copied.
  private func change(_ lane: Lane, _ body: (inout LaneFigures) -> Void) {
    state.withLock { figures in
      switch lane {
      case .shared: body(&figures.shared)
      case .leased: body(&figures.leased)
      }
    }
  }
}
