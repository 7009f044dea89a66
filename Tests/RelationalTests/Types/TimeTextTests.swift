import Kernel
import Relational
import Testing

@Suite("Texts of times, intervals and networks")
struct TimeTextTests {
  @Test(
    "A time of day is read and written as a clock shows it, 24:00 included",
    arguments: [
      ("06:30", "06:30:00"), ("23:59:59.999999", "23:59:59.999999"), ("00:00:00.250", "00:00:00.25"),
      ("24:00", "24:00:00"), ("00:00:00.000001", "00:00:00.000001"),
    ])
  func clocks(text: String, expected: String) { #expect(TimeOfDay(text)?.description == expected) }

  @Test(
    "What no clock shows is refused",
    arguments: [
      "", "24:00:00.000001", "25:00", "6:30", "06:60", "06:30:60", "06:30.5", "06:30:15.", "06:30:15.1234567", "-1:00",
      "06:30:15Z", "０６:30", "06:30:15:00",
    ])
  func noClocks(text: String) { #expect(TimeOfDay(text) == nil) }

  @Test("A day with a time of 24:00 is the next day's 00:00, and the parts come back, before 1970 too")
  func walls() throws {
    let day = try #require(CivilDate("1969-12-31"))
    let (midnight, noon) = (try #require(TimeOfDay("24:00")), try #require(TimeOfDay("12:00")))
    let end = try #require(CivilDateTime(date: day, time: midnight))
    #expect(end.microseconds == 0 && end.description == "1970-01-01T00:00:00")
    let before = try #require(CivilDateTime("1969-12-30 23:59:59.999999"))
    #expect(before.date == CivilDate("1969-12-30") && before.time == TimeOfDay("23:59:59.999999"))
    #expect(before.description == "1969-12-30T23:59:59.999999" && before < end)
    #expect(CivilDateTime("2026-11-23T06:30:00Z") == nil && CivilDateTime("2026-11-23") == nil)
    #expect(CivilDateTime(date: CivilDate(daysSince1970: .max), time: noon) == nil)
  }

  @Test(
    "An interval is read and written part by part",
    arguments: [
      ("P1Y2M-3DT4H5M6.5S", 14, -3, 14_706_500_000, "P1Y2M-3DT4H5M6.5S"), ("PT0S", 0, 0, 0, "PT0S"),
      ("P2W1D", 0, 15, 0, "P15D"), ("PT-0.000001S", 0, 0, -1, "PT-0.000001S"), ("P-14M", -14, 0, 0, "P-1Y-2M"),
      ("PT90M", 0, 0, 5_400_000_000, "PT1H30M"), ("PT1H-30M", 0, 0, 1_800_000_000, "PT30M"),
    ] as [(String, Int32, Int32, Int64, String)])
  func intervals(text: String, months: Int32, days: Int32, microseconds: Int64, expected: String) {
    let interval = SQLInterval(text)
    #expect(interval == SQLInterval(months: months, days: days, microseconds: microseconds))
    #expect(interval?.description == expected)
  }

  @Test("The least and the greatest interval survive their text")
  func extremes() {
    for (part, time) in [(Int32.min, Int64.min), (.max, .max)] {
      let interval = SQLInterval(months: part, days: part, microseconds: time)
      #expect(SQLInterval(interval.description) == interval)
    }
  }

  @Test(
    "What is no interval is refused",
    arguments: [
      "", "P", "PT", "1Y", "P1", "PY", "P1S", "PT1D", "P1D1Y", "P1Y1Y", "P1.5D", "PT1.5H", "PT1.1234567S", "P--1D",
      "P99999999999Y", "PT9999999999999S", "P+1D", "P1Y ",
    ])
  func noIntervals(text: String) { #expect(SQLInterval(text) == nil) }

  @Test(
    "What is no address is refused",
    arguments: [
      "", "/", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::/129", "::g", "1.2.3.4\u{0}5", "1.2.3.4/8/8",
    ])
  func noAddresses(text: String) { #expect(SQLNetworkAddress(text) == nil) }

  @Test("Only what a range holds is contained, and the server's form is known before it is sent")
  func ranges() {
    let closed = SQLRange<Int32>(1...5)
    #expect(closed.canonical == SQLRange(1..<6) && closed.contains(5) && !closed.contains(6))
    #expect(SQLRange<Int32>(3..<3) == .empty && !SQLRange<Int32>.empty.contains(3))
    #expect(SQLRange<Int32>.between(.exclusive(1), .exclusive(2)).canonical == .empty)
    #expect(SQLRange<Int32>.between(.unbounded, .inclusive(.max)).canonical == .between(.unbounded, .inclusive(.max)))
    #expect(SQLRange<Int32>.between(.inclusive(5), .inclusive(1)).canonical != .empty)
  }
}
