import Kernel
import Testing

@testable import Relational

@Suite("Values and their binary form")
struct ValueTests {
  @Test("Text with a NUL character is refused before anything is sent")
  func nul() {
    #expect(throws: EncodingFailure.self) { try Parameters(["a\u{0}b"]) }
    #expect {
      try StatementCall(Statement<NoRow>("people.rename", "SELECT $1"), [1, "geheim\u{0}"])
    } throws: { error in
      guard let error = error as? RelationalError else { return false }
      return error.code == .encoding && "\(error)".contains("people.rename") && "\(error)".contains("$2")
        && "\(error)".contains("NUL") && !"\(error)".contains("geheim")
    }
  }

  @Test("Instants outside PostgreSQL's range are refused")
  func instants() {
    #expect(throws: EncodingFailure.self) { try Parameters([Instant(microseconds: .min)]) }
    #expect(throws: EncodingFailure.self) { try Parameters([CivilDate(daysSince1970: .max)]) }
    #expect(throws: Never.self) { try Parameters([Instant(microseconds: 0)]) }
  }

  @Test("A malformed array is a failure, never a crash")
  func malformedArrays() throws {
    var writer = SQLWriter()
    try [1, 2, 3].encode(into: &writer)
    for length in 0..<writer.bytes.count {
      #expect(throws: DecodingFailure.self) {
        try Array(writer.bytes[..<length]).withUnsafeBytes { try [Int](sqlBytes: $0) }
      }
    }
    writer.bytes.replaceSubrange(12..<16, with: [0x7F, 0xFF, 0xFF, 0xFF])
    #expect(throws: DecodingFailure.self) { try writer.bytes.withUnsafeBytes { try [Int](sqlBytes: $0) } }
  }

  @Test("Identifiers are quoted whatever they contain")
  func quoting() {
    #expect(quoted("reading") == "\"reading\"")
    #expect(quoted("a\"b") == "\"a\"\"b\"")
    #expect(
      CopyStatement("x", table: "public.reading", columns: ["time"]).sql
        == "COPY \"public\".\"reading\" (\"time\") FROM STDIN (FORMAT binary)")
  }

  @Test("The pause doubles, is bounded, and ends with success")
  func backoff() {
    var backoff = Backoff(first: .milliseconds(100), longest: .seconds(1))
    let pauses = (0..<8).map { _ in backoff.failed(spread: 0) }
    #expect(pauses[0] == .milliseconds(50))
    #expect(pauses[2] == .milliseconds(200))
    #expect(pauses[7] == .milliseconds(500))
    backoff.succeeded()
    #expect(backoff.failed(spread: 1) == .milliseconds(100))
  }

  @Test("Timers come in order and not when withdrawn")
  func timers() {
    var timers = LoopTimers()
    let start = ContinuousClock.now
    var ids: [Int] = []
    for offset in [5, 1, 4, 2, 3] { ids.append(timers.add(start + .seconds(offset)) {}) }
    timers.remove(ids[1])
    #expect(timers.due(at: start + .milliseconds(1500)).count == 0)
    #expect(timers.due(at: start + .milliseconds(2500)).count == 1)
    #expect(timers.due(at: start + .seconds(10)).count == 3)
    #expect(timers.millisecondsToNext() == -1)
  }
}
