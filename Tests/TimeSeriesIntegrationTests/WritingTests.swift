import Foundation
import Kernel
import Relational
import Testing

@testable import TimeSeries

@Suite("Writing points")
struct WritingTests {
  @Test("Sending points again changes nothing, few or many, also twice in one write", arguments: [3, 700])
  func duplicates(count: Int) async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let points = minutes(count, from: "2024-10-31T22:00:00Z")
      let report = try await world.write(series, points + points)
      #expect(report == WriteReport(stored: count, duplicates: count))
      #expect(try await world.write(series, points.reversed()) == WriteReport(duplicates: count))
      // The same place with another value is the same point: the first one stays.
      let altered = points.map { Point(time: $0.time, sequence: $0.sequence, value: $0.value + 1) }
      #expect(try await world.write(series, altered) == WriteReport(duplicates: count))
      #expect(try await world.all(series) == points)
      #expect(try await world.write(series, []) == WriteReport())
    }
  }

  @Test("Shuffled and late points give the same rows and, to the last bit, the same buckets")
  func shuffled() async throws {
    try await SeriesWorld.with { world async throws in
      var random = SeededRandom(seed: 11)
      let points = (0..<3000).map { index in
        Point(
          time: Instant("2024-09-20T00:00:00Z")! + .seconds(index * 997), sequence: Int64(index % 3),
          value: Double.random(in: -500...500, using: &random))
      }
      let orderly = try await world.series()
      try await world.write(orderly, points)
      let late = try await world.series()
      let year = TimeRange("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
      let shuffled = points.shuffled(using: &random)
      for start in stride(from: 0, to: shuffled.count, by: 431) {
        try await world.write(late, Array(shuffled[start..<min(start + 431 + 100, shuffled.count)]))
      }
      #expect(try await world.all(late) == points)
      for width in [Duration.seconds(3600), .seconds(86_400), .microseconds(7_777_777_777)] {
        let expected = try await world.store.buckets(orderly, year, width: width)
        #expect(expected.count > 1)
        #expect(try await world.store.buckets(late, year, width: width) == expected)
      }
    }
  }

  @Test("Refused points are kept aside once with their reason, and the numbers add up")
  func refused() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let time = Instant("2024-11-01T08:00:00Z")!
      let good = Point(time: time, value: 72)
      let bad: [Point] = [
        Point(time: time, value: .nan), Point(time: time, value: -.infinity), Point(time: time, value: 1000.5),
        Point(time: Instant(microseconds: -1), value: 1), Point(time: Instant(microseconds: .min), value: 1),
        Point(time: SeriesWorld.now + .seconds(301), value: 1), Point(time: Instant(microseconds: .max), value: 1),
      ]
      let report = try await world.write(series, bad + [good, good])
      #expect(report == WriteReport(stored: 1, duplicates: 1, refused: 7))
      #expect(report.given == 9)
      #expect(try await world.write(series, bad + bad) == WriteReport(refused: 14))

      let kept = try await world.store.quarantined(series, limit: 100)
      #expect(kept.count == 7)
      let reasons = Dictionary(grouping: kept, by: \.reason).mapValues(\.count)
      #expect(reasons == [.notFinite: 2, .outOfRange: 1, .tooEarly: 2, .tooFarAhead: 2])
      #expect(Set(kept.map(\.point.time)) == Set(bad.map(\.time)))
      #expect(kept.contains { $0.point.value.isNaN } && kept.contains { $0.point.value == 1000.5 })
      #expect(try await world.all(series) == [good])
    }
  }

  @Test("Random writes: stored, duplicates and refused always add up, and the rows are what a set would hold")
  func counted() async throws {
    try await SeriesWorld.with { world async throws in
      var random = SeededRandom(seed: 5)
      let series = try await world.series()
      var places: Set<Instant> = []
      for _ in 0..<25 {
        let points = (0..<Int.random(in: 1...900, using: &random)).map { _ in
          Point(
            time: Instant("2024-06-25T00:00:00Z")! + .seconds(Int.random(in: 0...2000, using: &random) * 600),
            value: Double(Int.random(in: -1100...1100, using: &random)))
        }
        let valid = Set(points.filter { abs($0.value) <= 1000 }.map(\.time))
        let report = try await world.write(series, points)
        #expect(report.given == points.count)
        #expect(report.stored == valid.subtracting(places).count)
        places.formUnion(valid)
      }
      #expect(Set(try await world.all(series).map(\.time)) == places)
    }
  }

  @Test("A hundred thousand points in one write are stored, and counted as duplicates the next time")
  func large() async throws {
    try await SeriesWorld.with { world async throws in
      let (first, second) = (try await world.series("a"), try await world.series("b"))
      let points = (0..<100_000).map {
        Point(time: Instant("2024-09-01T00:00:00Z")! + .seconds($0 * 60), value: Double($0 % 100))
      }
      let others = points.prefix(70_000).map { Point(time: $0.time + .seconds(30), value: -$0.value) }
      // Two large writes in one transaction: what the first staged must not reach the second series.
      let reports = try await world.database.withTransaction { tx in
        [try await world.store.write(first, points, in: tx), try await world.store.write(second, others, in: tx)]
      }
      #expect(reports == [WriteReport(stored: 100_000), WriteReport(stored: 70_000)])
      #expect(try await world.write(first, points) == WriteReport(duplicates: 100_000))
      #expect(
        try await world.store.buckets(
          first, TimeRange("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), width: .seconds(86_400)
        ).reduce(0) { $0 + $1.count } == 100_000)
    }
  }

  @Test(
    "A transaction that fails leaves neither points nor refused ones, and the next write works", arguments: [3, 700])
  func rolledBack(count: Int) async throws {
    struct Stop: Error {}
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let points = minutes(count, from: "2024-03-01T00:00:00Z") + [Point(time: Instant(seconds: 1), value: 1e9)]
      await #expect(throws: Stop.self) {
        try await world.database.withTransaction { tx in
          _ = try await world.store.write(series, points, in: tx)
          throw Stop()
        }
      }
      #expect(try await world.all(series).isEmpty)
      #expect(try await world.store.quarantined(series, limit: 10).isEmpty)
      #expect(try await world.write(series, points) == WriteReport(stored: count, refused: 1))
    }
  }

  @Test("An unknown series takes no points")
  func unknown() async throws {
    try await SeriesWorld.with { world async throws in
      let nobody = SeriesID(rawValue: 4711)
      await #expect(throws: SeriesError.unknownSeries(nobody)) {
        try await world.write(nobody, [Point(time: SeriesWorld.now, value: 1)])
      }
    }
  }
}

/// One point a minute.
func minutes(_ count: Int, from: String, value: (Int) -> Double = { Double($0 % 200) }) -> [Point] {
  (0..<count).map { Point(time: Instant(from)! + .seconds($0 * 60), sequence: 7, value: value($0)) }
}
