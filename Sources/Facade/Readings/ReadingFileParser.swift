import Foundation
import Kernel
import TimeSeries

/// Reads the lines of a file of readings; good lines become points, the others faults with their line number.
///
/// Three forms, told apart by the head line: times and values (`time,value`; also `datetime,hr`), milliseconds since the
/// start and values (`timer,hr`), or values alone (`hr`). The last two need a start, the last one also a rate. A file
/// without a head line is taken as the form that its first line has.
struct ReadingFileParser {
  private enum Form {
    case times
    case offsets(start: Instant)
    case samples(start: Instant, interval: Double)
  }

  /// What a file holds.
  struct Content {
    var points: [Point] = []
    var faults: [LineFault] = []
    var lines = 0
  }

  let file: ReadingFile

  func parse() throws(HaijuError) -> Content {
    // Counted first: millions of empty lines would become millions of slices.
    let ends = file.bytes.reduce(into: 0) { count, byte in if byte == UInt8(ascii: "\n") { count += 1 } }
    guard ends <= ReadingFile.maximumLines else { throw Self.tooLong }
    var lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard !lines.isEmpty else { throw Self.wrong("empty", "文件是空的，请检查后重新选择") }
    guard lines.count <= ReadingFile.maximumLines else { throw Self.tooLong }
    let head = columns(lines[0])
    let hasHead = head.last.map { decimal($0) == nil } ?? false
    let form = try form(of: hasHead ? head : nil, firstLine: columns(lines[hasHead ? min(1, lines.count - 1) : 0]))
    var content = Content()
    var atTime: [Instant: Int64] = [:]
    for (index, line) in lines.enumerated().dropFirst(hasHead ? 1 : 0) {
      content.lines += 1
      let sample = content.lines - 1
      switch reading(columns(line), form, sample: sample) {
      case .success(let (time, value)):
        // Devices repeat a time when they measure faster than they tell it; the place among equals keeps them apart.
        content.points.append(Point(time: time, sequence: atTime[time, default: 0], value: value))
        atTime[time, default: 0] += 1
      case .failure(let fault):
        content.faults.append(LineFault(line: index + 1, message: fault.message))
      }
    }
    return content
  }

  private func form(of head: [Substring]?, firstLine: [Substring]) throws(HaijuError) -> Form {
    let first = head?.first.map { $0.lowercased() } ?? ""
    let width = head?.count ?? firstLine.count
    if width == 1 {
      guard let start = file.startsAt else {
        throw Self.wrong("start", "文件里没有时间，请填写开始时间", field: "startsAt")
      }
      // The lower bound, once in a thousand seconds, keeps the last of all lines within the calendar.
      guard let rate = file.samplesPerSecond, (0.001...10_000).contains(rate) else {
        throw Self.wrong("rate", "文件里只有数值，请填写每秒采样次数（0.001 至 10000）", field: "samplesPerSecond")
      }
      return .samples(start: start, interval: 1_000_000 / rate)
    }
    guard width == 2 else { throw Self.wrong("columns", "每行应是“时间,数值”两列，或只有数值一列") }
    if ["timer", "offset", "ms", "毫秒"].contains(first) || (head == nil && decimal(firstLine[0]) != nil) {
      guard let start = file.startsAt else {
        throw Self.wrong("start", "文件里只有相对时间，请填写开始时间", field: "startsAt")
      }
      return .offsets(start: start)
    }
    return .times
  }

  private func reading(
    _ columns: [Substring], _ form: Form, sample: Int
  ) -> Result<(Instant, Double), LineProblem> {
    let width = if case .samples = form { 1 } else { 2 }
    guard columns.count == width, let text = columns.last else { return .failure(.columns) }
    guard let value = decimal(text) else { return .failure(.value) }
    switch form {
    case .samples(let start, let interval):
      return .success((start + .microseconds(Int64((Double(sample) * interval).rounded())), value))
    case .offsets(let start):
      guard let milliseconds = decimal(columns[0]), milliseconds >= 0, milliseconds < 1e12 else {
        return .failure(.time)
      }
      return .success((start + .microseconds(Int64((milliseconds * 1000).rounded())), value))
    case .times:
      guard let time = shanghaiTime(columns[0]) else { return .failure(.time) }
      return .success((time, value))
    }
  }

  /// A time with its zone, or one without, which is Shanghai's.
  private func shanghaiTime(_ text: Substring) -> Instant? {
    if let instant = Instant(String(text)) { return instant }
    let seconds = text.utf8.count == 16 ? ":00" : ""
    return Instant(text + seconds + "+08:00")
  }

  /// A number as devices write it: finite and decimal, while Swift also reads `nan` and `0x50`.
  private func decimal(_ text: Substring) -> Double? {
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0)
    }
    return isPlain ? Double(text).flatMap { $0.isFinite ? $0 : nil } : nil
  }

  /// The columns of a line; one that is longer than any reading becomes one column that nothing can be made of.
  private func columns(_ line: ArraySlice<UInt8>) -> [Substring] {
    guard line.count <= Self.longestLine else { return ["?"] }
    let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces.union(.controlCharacters))
    return text.replacingOccurrences(of: "\u{FEFF}", with: "").split(
      separator: ",", omittingEmptySubsequences: false
    ).map { $0.trimmingPrefix { $0 == " " } }
  }

  /// Bytes of a line: two numbers or a time and a number need no more.
  private static let longestLine = 200

  private static let tooLong = wrong("too_long", "文件超过 \(ReadingFile.maximumLines) 行，请分成几份上传")

  private static func wrong(_ code: String, _ message: String, field: String = "file") -> HaijuError {
    .invalid([FieldFault(field, code, message)])
  }

  private enum LineProblem: Error {
    case columns, time, value

    var message: String {
      switch self {
      case .columns: "列数不对"
      case .time: "时间看不懂，应如 2026-11-23 14:30:00"
      case .value: "数值看不懂"
      }
    }
  }
}
