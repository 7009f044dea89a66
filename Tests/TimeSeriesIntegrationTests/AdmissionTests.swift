import Foundation
import Kernel
import Testing

@testable import TimeSeries

@Suite("What a series accepts")
struct AdmissionTests {
  private let now = Instant("2024-11-23T06:30:00Z")!

  @Test("Every point is either accepted or refused with the first reason that applies")
  func reasons() {
    let inside = now - .seconds(60)
    let policy = AdmissionPolicy(tolerance: .seconds(300))
    // What is given, and why it is refused, if it is.
    let cases: [(Point, RefusalReason?)] = [
      (Point(time: inside, value: 20), nil),
      (Point(time: inside, value: 260), nil),
      (Point(time: inside, value: 19.999), .outOfRange),
      (Point(time: inside, value: 260.001), .outOfRange),
      (Point(time: inside, value: .nan), .notFinite),
      (Point(time: inside, value: .infinity), .notFinite),
      (Point(time: Instant(microseconds: .min), value: -.infinity), .notFinite),
      (Point(time: Instant(seconds: 0), value: 80), nil),
      (Point(time: Instant(microseconds: -1), value: 80), .tooEarly),
      (Point(time: Instant(microseconds: .min), value: 80), .tooEarly),
      (Point(time: now + .seconds(300), value: 80), nil),
      (Point(time: now + .seconds(300) + .microseconds(1), value: 80), .tooFarAhead),
      (Point(time: Instant(microseconds: .max), value: 80), .tooFarAhead),
    ]
    for (point, reason) in cases {
      let admission = Admission([point], range: 20...260, policy: policy, now: now)
      #expect(admission.accepted == (reason == nil ? [point] : []))
      #expect(admission.refused.map(\.reason) == (reason.map { [$0] } ?? []))
    }
  }

  @Test("The months of the accepted points are found in order, each once")
  func months() {
    // Both sides of a leap day and of a new year.
    let times = ["2024-03-01T00:00:00Z", "2024-02-29T23:59:59.999999Z", "2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"]
    let points = (times + times).map { Point(time: Instant($0)!, value: 1) }
    let admission = Admission(points, range: 0...1, policy: AdmissionPolicy(), now: now)
    #expect(
      admission.months.map(\.firstDay.description) == ["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"])
  }

  @Test("A range touches the months that it has an instant in")
  func monthsOfRange() {
    func months(_ from: String, _ to: String) -> [String] {
      TimeRange(from: Instant(from)!, to: Instant(to)!)!.months.map(\.firstDay.description)
    }
    #expect(months("2024-01-31T00:00:00Z", "2024-02-01T00:00:00Z") == ["2024-01-01"])
    #expect(
      months("2024-01-31T00:00:00Z", "2024-03-01T00:00:00.000001Z") == ["2024-01-01", "2024-02-01", "2024-03-01"])
    #expect(months("2024-01-31T00:00:00Z", "2024-01-31T00:00:00Z").isEmpty)
  }

  @Test("A time range holds its beginning and not its end, and cannot end before it begins")
  func timeRange() throws {
    let range = try #require(TimeRange(from: now, to: now + .seconds(1)))
    #expect(range.contains(range.from) && !range.contains(range.to))
    #expect(range.duration == .seconds(1))
    #expect(TimeRange(from: now, to: now)?.contains(now) == false)
    #expect(TimeRange(from: now, to: now - .microseconds(1)) == nil)
  }

  @Test(
    "An unsound definition is refused before the database is asked",
    arguments: ["", "Heart", "_rate", "1st", "heart rate", "心率", String(repeating: "a", count: 65)])
  func kinds(kind: String) {
    #expect(SeriesDefinition(subject: UUID(), kind: kind, unit: "x", range: 0...1, label: "").defect != nil)
    #expect(SeriesDefinition(subject: UUID(), kind: "a_1.b", unit: "", range: 0...1, label: "").defect != nil)
    #expect(
      SeriesDefinition(subject: UUID(), kind: "a_1.b", unit: "x", range: 0...(.infinity), label: "").defect != nil)
    #expect(SeriesDefinition(subject: UUID(), kind: "a_1.b", unit: "次/分", range: 0...1, label: "心率").defect == nil)
  }
}
