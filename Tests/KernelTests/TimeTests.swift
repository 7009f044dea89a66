import Kernel
import Testing

@Suite("Time")
struct TimeTests {
  @Test("An instant survives being written and read, to the microsecond, also before 1970")
  func instants() {
    for text in [
      "2026-11-23T06:30:00Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.25Z",
    ] {
      #expect(Instant(text)?.description == text)
    }
    #expect(Instant("2026-11-23T14:30:00+08:00") == Instant("2026-11-23T06:30:00Z"))
  }

  @Test(
    "Rubbish is not an instant",
    arguments: ["", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T06:30:00"])
  func rubbish(text: String) { #expect(Instant(text) == nil) }

  @Test("Every day from 1900 to 2100 converts both ways, and the day after follows")
  func everyDay() throws {
    var date = try #require(CivilDate("1900-01-01"))
    let end = try #require(CivilDate("2100-12-31"))
    while date < end {
      let (year, month, day) = date.components
      #expect(CivilDate(year: year, month: month, day: day) == date)
      date = CivilDate(daysSince1970: date.daysSince1970 + 1)
    }
    #expect(CivilDate("2026-02-29") == nil)
    #expect(CivilDate("2026-11-23")?.weekday == 1)
  }

  @Test("A day in Shanghai begins at 16:00 UTC of the day before")
  func shanghai() throws {
    let date = try #require(CivilDate("2026-11-23"))
    #expect(date.start() == Instant("2026-11-22T16:00:00Z"))
    #expect(CivilDate(date.start()) == date)
    #expect(CivilDate(date.start() - .microseconds(1)) < date)
  }

  @Test("Ids made later sort later")
  func ids() throws {
    let early = Identifier<Int>.make(at: Instant(seconds: 1_000_000))
    let late = Identifier<Int>.make(at: Instant(seconds: 1_000_001))
    #expect(early < late)
    #expect(Identifier<Int>(late.description) == late)
  }
}
