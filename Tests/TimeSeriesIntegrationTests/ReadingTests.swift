import Foundation
import Kernel
import Relational
import Testing

@testable import TimeSeries

@Suite("Reading points")
struct ReadingTests {
  @Test("A range holds the point at its beginning and not the one at its end, also where partitions meet")
  func borders() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let times = [
        "2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z", "2024-03-01T00:00:00.000001Z",
        "2024-03-31T23:59:59.999999Z", "2024-04-01T00:00:00Z",
      ].map { Instant($0)! }
      try await world.write(series, times.map { Point(time: $0, value: 1) })
      for from in times {
        for to in times where from <= to {
          let range = TimeRange(from: from, to: to)!
          let found = try await world.store.range(series, range, limit: 10)
          #expect(found.map(\.time) == times.filter { from <= $0 && $0 < to })
          let counted = try await world.store.buckets(series, range, width: .seconds(3600)).reduce(0) { $0 + $1.count }
          #expect(counted == Int64(found.count))
        }
      }
    }
  }

  @Test("Pages follow each other without a gap, also between points of one instant")
  func pages() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let start = Instant("2024-04-30T23:50:00Z")!
      let points = (0..<100).map { (index: Int) -> Point in
        let minute = index / 5
        return Point(time: start + .seconds(minute * 60), sequence: Int64(index % 5) - 2, value: Double(index))
      }
      try await world.write(series, points)
      var read: [Point] = []
      while true {
        let page = try await world.store.range(series, .ever, after: read.last, limit: 7)
        if page.isEmpty { break }
        read += page
      }
      #expect(read == points)
      #expect(try await world.store.range(series, .ever, limit: 0).isEmpty)
      #expect(try await world.store.range(series, .ever, limit: -1).isEmpty)
    }
  }

  @Test("The latest point of many series is the newest by time, then by sequence; series without points are left out")
  func latest() async throws {
    try await SeriesWorld.with { world async throws in
      let (old, new, empty) = (try await world.series(), try await world.series(), try await world.series())
      let time = Instant("2024-05-05T05:05:05Z")!
      try await world.write(old, [Point(time: Instant("1970-01-01T00:00:00Z")!, value: 3)])
      try await world.write(new, [Point(time: time, sequence: 2, value: 9), Point(time: time, sequence: 1, value: 8)])
      try await world.write(new, [Point(time: time - .seconds(86_400 * 40), sequence: 5, value: 7)])
      let latest = try await world.store.latest([old, new, empty, new])
      #expect(
        latest == [old: Point(time: Instant(seconds: 0), value: 3), new: Point(time: time, sequence: 2, value: 9)])
      #expect(try await world.store.latest([]).isEmpty)
    }
  }

  @Test("Buckets equal what the raw points come to, to the last bit", arguments: 1...5)
  func buckets(seed: UInt64) async throws {
    try await SeriesWorld.with { world async throws in
      var random = SeededRandom(seed: seed)
      let series = try await world.series()
      let start = Instant("2024-01-25T00:00:00Z")!
      // In many writes, each over the whole time: a write sorts its points, so one alone would lie there in order.
      for _ in 0..<20 {
        let points = (0..<100).map { (_: Int) -> Point in
          let time = start + .microseconds(Int64.random(in: 0...1_300_000_000_000, using: &random))
          let value = Double.random(in: -999...999, using: &random)
          return Point(time: time, sequence: Int64.random(in: 0...2, using: &random), value: value)
        }
        try await world.write(series, points)
      }
      let range = TimeRange("2024-01-26T03:04:05.678901Z", "2024-02-07T11:12:13Z")
      let raw = try await world.store.range(series, range, limit: .max)
      for width in [Int64.random(in: 500_000_000...90_000_000_000, using: &random), 86_400_000_000, 3_600_000_000] {
        let expected = Self.computed(raw, width: width)
        #expect(try await world.store.buckets(series, range, width: .microseconds(width)) == expected)
        // Also when the server reads the rows in the order in which they came.
        let unordered = try await world.database.withTransaction { tx in
          try await tx.script("SET LOCAL enable_indexscan = off")
          try await tx.script("SET LOCAL enable_bitmapscan = off")
          return try await world.store.buckets(series, range, width: .microseconds(width), in: tx)
        }
        #expect(unordered == expected)
      }
    }
  }

  @Test("A width of nothing and more buckets than anybody can use are refused")
  func unusable() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let day = TimeRange("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")
      for width in [Duration.zero, .seconds(-5), .nanoseconds(999)] {
        await #expect(throws: SeriesError.invalidWidth) { try await world.store.buckets(series, day, width: width) }
      }
      await #expect(throws: SeriesError.tooManyBuckets(limit: SeriesStore.bucketLimit)) {
        try await world.store.buckets(series, day, width: .milliseconds(1))
      }
      #expect(try await world.store.buckets(series, day, width: .seconds(1)).isEmpty)
    }
  }

  /// The same in plain Swift, from points in order.
  private static func computed(_ points: [Point], width: Int64) -> [Bucket] {
    var groups: [(start: Int64, points: [Point])] = []
    for point in points {
      let start = point.time.microseconds / width * width
      if groups.last?.start != start { groups.append((start, [])) }
      groups[groups.count - 1].points.append(point)
    }
    return groups.map { group in
      let values = group.points.map(\.value)
      return Bucket(
        start: Instant(microseconds: group.start), count: Int64(values.count),
        sum: values.dropFirst().reduce(values[0], +), min: values.min()!, max: values.max()!, first: values.first!,
        last: values.last!)
    }
  }
}
