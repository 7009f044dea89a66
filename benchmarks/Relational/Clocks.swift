import Foundation

/// Nanoseconds of a clock that only goes forward: one call, no conversion.
enum Monotonic {
  @inline(__always)
  static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  static func sleep(until moment: UInt64) async {
    let present = now
    if moment > present { try? await Task.sleep(for: .nanoseconds(moment - present)) }
  }
}

/// Processor time of this process, all threads, user and system.
enum ProcessorTime {
  static var now: Duration {
    var spent = rusage()
    getrusage(RUSAGE_SELF.rawValue, &spent)
    return .seconds(spent.ru_utime.tv_sec + spent.ru_stime.tv_sec)
      + .microseconds(Int64(spent.ru_utime.tv_usec) + Int64(spent.ru_stime.tv_usec))
  }

  /// What is spent between two moments.
  static func between(_ begin: UInt64, _ end: UInt64) async -> Duration {
    await Monotonic.sleep(until: begin)
    let before = now
    await Monotonic.sleep(until: end)
    return now - before
  }
}

/// Memory that this process has in RAM.
enum ResidentMemory {
  /// Bytes, from `/proc/self/statm`; 0 where that cannot be read.
  static var now: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
