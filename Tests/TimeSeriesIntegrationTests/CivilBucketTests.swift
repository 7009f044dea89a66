import Foundation
import Kernel
import Relational
import Testing
import TimeSeries

@Suite("Buckets of the calendar")
struct CivilBucketTests {
  /// Zones whose days are not all alike: half-hour shifts, midnights skipped or repeated, a day left out.
  static let zones = [
    "Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana",
    "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Asia/Tehran", "America/St_Johns", "Africa/Casablanca",
  ]

  @Test("Every point is in exactly one bucket, which begins no later than it", arguments: zones)
  func everyPointOnce(zone: String) async throws {
    try await SeriesWorld.with { world async throws in
      var random = SeededRandom(seed: UInt64(Self.zones.firstIndex(of: zone)!))
      let series = try await world.series()
      // Two years with the odd days of Apia, Havana and São Paulo in them.
      let start = Instant("2011-10-01T00:00:00Z")!
      try await world.write(
        series,
        (0..<4000).map { index in
          Point(
            time: start + .seconds(Int64.random(in: 0..<86_400 * 730, using: &random)), sequence: Int64(index),
            value: Double(index))
        })
      let range = TimeRange("2011-10-03T12:34:56Z", "2013-09-20T01:02:03Z")
      let points = try await world.store.range(series, range, limit: .max)
      for unit in CivilUnit.allCases {
        let buckets = try await world.store.civilBuckets(series, range, by: unit, zone: zone)
        #expect(buckets.reduce(0) { $0 + $1.bucket.count } == Int64(points.count))
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.bucket.start < $1.bucket.start && $0.day < $1.day })
        for (place, bucket) in buckets.enumerated() {
          let end = place + 1 < buckets.count ? buckets[place + 1].bucket.start : range.to
          let inside = points.filter { bucket.bucket.start <= $0.time && $0.time < end }
          #expect(inside.count == Int(bucket.bucket.count))
          #expect(inside.first?.value == bucket.bucket.first && inside.last?.value == bucket.bucket.last)
        }
      }
    }
  }

  @Test(
    "Days of 23, 24 and 25 hours hold the minutes they have",
    arguments: [
      ("Europe/Berlin", "2024-03-31", 23 * 60, "2024-03-30T23:00:00Z"),
      ("Europe/Berlin", "2024-10-27", 25 * 60, "2024-10-26T22:00:00Z"),
      ("Asia/Shanghai", "2024-03-31", 24 * 60, "2024-03-30T16:00:00Z"),
      ("Australia/Lord_Howe", "2024-04-07", 24 * 60 + 30, "2024-04-06T13:00:00Z"),
      ("Australia/Lord_Howe", "2024-10-06", 23 * 60 + 30, "2024-10-05T13:30:00Z"),
      // Midnight comes twice: the day begins with the first one.
      ("America/Havana", "2012-11-04", 25 * 60, "2012-11-04T04:00:00Z"),
      // Midnight is skipped: the day begins at one o'clock.
      ("America/Sao_Paulo", "2012-10-21", 23 * 60, "2012-10-21T03:00:00Z"),
    ])
  func oddDays(zone: String, day: String, minutes: Int, start: String) async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let noon = CivilDate(day)!.start(secondsEastOfUTC: 0) + .seconds(43_200)
      let range = TimeRange(from: noon - .seconds(86_400 * 3), to: noon + .seconds(86_400 * 3))!
      try await world.write(
        series, (0..<6 * 1440).map { Point(time: range.from + .seconds($0 * 60), value: 1) })
      let buckets = try await world.store.civilBuckets(series, range, by: .day, zone: zone)
      let bucket = try #require(buckets.first { $0.day == CivilDate(day) })
      #expect(bucket.bucket.count == Int64(minutes))
      #expect(bucket.bucket.start == Instant(start))
    }
  }

  @Test("A day that a zone left out has no bucket")
  func skippedDay() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let range = TimeRange("2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z")
      try await world.write(series, (0..<72).map { Point(time: range.from + .seconds($0 * 3600), value: 1) })
      let days = try await world.store.civilBuckets(series, range, by: .day, zone: "Pacific/Apia").map(
        \.day.description)
      #expect(days == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"])
    }
  }

  @Test("Weeks begin on Monday and months on their first day, in the zone")
  func weeksAndMonths() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      let range = TimeRange("2024-01-31T00:00:00Z", "2024-02-05T00:00:00Z")
      let times = ["2024-01-31T15:59:59Z", "2024-01-31T16:00:00Z", "2024-02-04T15:59:59Z", "2024-02-04T16:00:00Z"]
      try await world.write(series, times.map { Point(time: Instant($0)!, value: 1) })
      let months = try await world.store.civilBuckets(series, range, by: .month, zone: "Asia/Shanghai")
      #expect(months.map(\.day.description) == ["2024-01-01", "2024-02-01"])
      #expect(months.map(\.bucket.count) == [1, 3])
      let weeks = try await world.store.civilBuckets(series, range, by: .week, zone: "Asia/Shanghai")
      #expect(weeks.map(\.day.description) == ["2024-01-29", "2024-02-05"])
      #expect(weeks.map(\.bucket.count) == [3, 1])
      #expect(weeks.map(\.bucket.start) == [Instant("2024-01-28T16:00:00Z")!, Instant("2024-02-04T16:00:00Z")!])
    }
  }

  @Test("A zone that does not exist is an error of the caller")
  func unknownZone() async throws {
    try await SeriesWorld.with { world async throws in
      let series = try await world.series()
      try await world.write(series, [Point(time: Instant("2024-01-01T00:00:00Z")!, value: 1)])
      let range = TimeRange("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")
      let error = await #expect(throws: RelationalError.self) {
        try await world.store.civilBuckets(series, range, by: .day, zone: "Mars/Olympus_Mons")
      }
      #expect(error?.sqlState == "22023")
    }
  }
}
