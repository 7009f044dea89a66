import Facade
import Kernel
import Testing

@testable import HTTPFront

@Suite("Reading what is sent, without a server")
struct ReadingTests {
  @Test(
    "JSON is read as RFC 8259 has it",
    arguments: [
      (#"{"a":[1,-0.5e3,true,null,"\u4f60\n"]}"#, true), ("[]", true), (#""\ud83d\ude00""#, true), ("01", false),
      ("1.", false),
      ("[1,]", false), (#"{"a":1,"a":2}"#, false), (#""\ud83d""#, false), ("\"\t\"", false), ("1 2", false),
      ("", false),
      ("nul", false), (#"{"a" 1}"#, false), (String(repeating: "[", count: 17), false),
    ])
  func json(text: String, isValid: Bool) {
    let value = try? JSONParser.parse(Array(text.utf8))
    #expect((value != nil) == isValid)
    if let value { #expect((try? JSONParser.parse(value.bytes)) == value) }
  }

  @Test("A form with a file is read whole, whatever bytes the file has")
  func multipart() throws {
    let file: [UInt8] = [0, 13, 10, 45, 45, 98, 13, 10, 255]
    var body = Array("--bb\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n心率\r\n--bb\r\n".utf8)
    body += Array(
      "Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n".utf8)
    body += file + Array("\r\n--bb--\r\n".utf8)
    let form = try #require(FormBody(multipart: body, boundary: "bb"))
    #expect(form["kind"] == "心率")
    #expect(form.file("file")?.bytes == file)
    for end in 0..<body.count - 4 {
      // Cut anywhere it is refused or has fewer parts, and never reads beyond its end.
      let cut = FormBody(multipart: Array(body[..<end]), boundary: "bb")
      #expect(cut == nil)
    }
  }

  @Test("Broken escapes are refused, whole ones are read")
  func urlEncoded() {
    #expect(FormBody(urlEncoded: "a=%E4%BD%A0+%E5%A5%BD&b")?["a"] == "你 好")
    #expect(FormBody(urlEncoded: "a=%E4%BD") == nil)
    #expect(FormBody(urlEncoded: "a=%4") == nil)
    #expect(percentDecoded("a+b", plusIsBlank: false) == "a+b")
  }

  @Test("Times are shown as in Shanghai, with the year only when it is another")
  func times() throws {
    let now = try #require(Instant("2026-11-23T06:30:00Z"))
    let time = ShanghaiTime(now: now)
    #expect(time.full(now) == "11月23日 周一 14:30")
    #expect(time.full(try #require(Instant("2025-12-31T16:05:00Z"))) == "1月1日 周四 00:05")
    #expect(time.full(try #require(Instant("2025-12-31T15:59:00Z"))) == "2025年12月31日 周三 23:59")
    #expect(ShanghaiTime.parse("2026-11-23T14:30") == now)
    #expect(ShanghaiTime.parse("2026-02-30T14:30") == nil)
  }

  @Test(
    "A chart's lines stand at round numbers and hold all values and the band",
    arguments: [
      ([70.0, 168.0], 80.0...140.0 as ClosedRange<Double>?), ([5.6], 3.9...11.1), ([500.0, 501.0], nil), ([3.0], nil),
    ])
  func scale(values: [Double], band: ClosedRange<Double>?) {
    let scale = TrendChart.Scale(values: values, band: band)
    #expect(scale.low < scale.high)
    #expect(values.allSatisfy { (scale.low...scale.high).contains($0) })
    if let band { #expect(scale.low <= band.lowerBound && scale.high >= band.upperBound) }
    #expect((2...12).contains(scale.ticks.count))
  }
}
