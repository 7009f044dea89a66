import Kernel
import TimeSeries
import Testing

@testable import Facade

@Suite("MH-9: files of readings")
struct ReadingFileTests {
  private func parse(
    _ text: String, kind: ReadingKind = .heartRate, startsAt: Instant? = nil, rate: Double? = nil
  ) throws -> ReadingFileParser.Content {
    try ReadingFileParser(
      file: ReadingFile(kind: kind, bytes: Array(text.utf8), startsAt: startsAt, samplesPerSecond: rate)
    ).parse()
  }

  @Test("Times without a zone are Shanghai's, with a zone their own")
  func times() throws {
    let content = try parse("time,value\n2026-11-23 14:30,72\n2026-11-23 14:31:00.5,73\n2026-11-23T06:32:00Z,74\n")
    #expect(
      content.points.map(\.time)
        == ["2026-11-23T06:30:00Z", "2026-11-23T06:31:00.5Z", "2026-11-23T06:32:00Z"].map { Instant($0) })
    #expect(content.points.map(\.value) == [72, 73, 74])
    #expect(content.faults.isEmpty)
  }

  @Test("A broken line is named by its number and costs no other line")
  func brokenLines() throws {
    let content = try parse(
      "time,value\n2026-11-23 14:30,72\nrubbish\n2026-11-23 14:31,abc\n2026-11-23 25:00,70\n2026-11-23 14:32,nan\n2026-11-23 14:33,75\n2026-11-2"
    )
    #expect(content.points.map(\.value) == [72, 75])
    #expect(content.faults.map(\.line) == [3, 4, 5, 6, 8])
  }

  @Test("Equal times are kept apart by their order, the same way each time the file is read")
  func equalTimes() throws {
    let text = "datetime,hr\n2016-11-24 13:58:58.081000,326\n2016-11-24 13:58:59,327\n2016-11-24 13:58:58.081000,328\n"
    let content = try parse(text, kind: .pulseSignal)
    #expect(content.points.map(\.sequence) == [0, 0, 1])
    #expect(try parse(text, kind: .pulseSignal).points == content.points)
  }

  @Test("Milliseconds since the start, and values alone, need a start; values alone need a rate too")
  func relativeForms() throws {
    let start = try #require(Instant("2026-11-23T06:00:00Z"))
    let offsets = try parse("timer,hr\n0.0,515\n8.54790319355,514\n", kind: .pulseSignal, startsAt: start)
    #expect(offsets.points.map(\.time.microseconds) == [start.microseconds, start.microseconds + 8548])
    let samples = try parse("530\n518\n506\n", kind: .pulseSignal, startsAt: start, rate: 100)
    #expect(samples.points.map(\.time.microseconds) == [0, 10_000, 20_000].map { start.microseconds + $0 })
    #expect(throws: HaijuError.self) { try parse("530\n518\n", kind: .pulseSignal) }
    #expect(throws: HaijuError.self) { try parse("530\n518\n", kind: .pulseSignal, startsAt: start) }
  }

  @Test("A rate that leads out of the calendar, numbers that no device writes and endless lines are refused or named")
  func hostileFiles() throws {
    let start = try #require(Instant("2026-11-23T06:00:00Z"))
    for rate in [1e-300, 1e-9, .leastNonzeroMagnitude, -1, .nan, .infinity] {
      #expect(throws: HaijuError.self) { try parse("70\n71\n", startsAt: start, rate: rate) }
    }
    let hexadecimal = try parse("70\n0x50\nnan\ninf\n7e1\n", startsAt: start, rate: 1)
    #expect(hexadecimal.points.map(\.value) == [70, 70] && hexadecimal.faults.map(\.line) == [2, 3, 4])
    let long = try parse(
      "70\n\(String(repeating: "7", count: 300))\n\(String(repeating: ",", count: 300))\n71\n", startsAt: start, rate: 1
    )
    #expect(long.faults.map(\.line) == [2, 3])
    #expect(throws: HaijuError.self) { try parse(String(repeating: "\n", count: 300_000), startsAt: start, rate: 1) }
  }

  @Test("An empty file, three columns, bytes that are no text: refused or named, never a crash")
  func rubbish() throws {
    #expect(throws: HaijuError.self) { try parse("") }
    #expect(throws: HaijuError.self) { try parse("a,b,c\n1,2,3\n") }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = try? ReadingFileParser(
        file: ReadingFile(kind: .heartRate, bytes: bytes, startsAt: Instant(seconds: 0), samplesPerSecond: 1)
      ).parse()
    }
  }
}
