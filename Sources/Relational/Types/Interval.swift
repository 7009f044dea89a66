/// A length of time, `interval` in PostgreSQL: months, days and microseconds, which do not convert into each other.
///
/// A month has 28 to 31 days, a day 23 to 25 hours; only PostgreSQL, adding it to a date in a zone, knows how many.
/// Equality is that of the three parts: 24 hours are not one day here, though PostgreSQL's `=` calls them equal.
public struct SQLInterval: Hashable, Sendable {
  /// Months, of which twelve are a year.
  public var months: Int32
  /// Days.
  public var days: Int32
  /// Hours, minutes and seconds together.
  public var microseconds: Int64

  /// An interval of three parts, each with its own sign.
  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }
}

extension SQLInterval: LosslessStringConvertible {
  /// ISO 8601 with a sign for each part, as PostgreSQL prints it with `intervalstyle = iso_8601`: `P1Y2M-3DT4H0.5S`.
  public var description: String {
    if self == SQLInterval() { return "PT0S" }
    func part(_ number: Int64, _ unit: String) -> String { number == 0 ? "" : "\(number)\(unit)" }
    let date = part(Int64(months / 12), "Y") + part(Int64(months % 12), "M") + part(Int64(days), "D")
    guard microseconds != 0 else { return "P" + date }
    let seconds = microseconds / 1_000_000
    let below = microseconds % 60_000_000
    let time = part(seconds / 3600, "H") + part(seconds / 60 % 60, "M")
    guard below != 0 else { return "P" + date + "T" + time }
    let whole = below.magnitude / 1_000_000
    let fraction = fractionText(Int64(below.magnitude % 1_000_000))
    return "P\(date)T\(time)\(below < 0 ? "-" : "")\(whole)\(fraction)S"
  }

  /// Reads `P1Y2M-3W4DT5H6M7.5S`: every part with its own sign and at most once, in this order, a fraction only with
  /// seconds and of at most six digits. `nil` for anything else, or when a part does not fit.
  public init?(_ text: String) {
    guard text.utf8.first == UInt8(ascii: "P") else { return nil }
    let halves = text.dropFirst().split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    guard let date = Self.sums(of: halves[0], [("Y", 12, 0), ("M", 1, 0), ("W", 7, 1), ("D", 1, 1)]) else { return nil }
    guard halves.count == 2 else {
      guard !halves[0].isEmpty else { return nil }
      self.init(date, 0)
      return
    }
    let units: [(Character, Int64, Int)] = [("H", 3_600_000_000, 0), ("M", 60_000_000, 0), ("S", 1_000_000, 0)]
    guard !halves[1].isEmpty, let time = Self.sums(of: halves[1], units) else { return nil }
    self.init(date, time[0])
  }

  private init?(_ date: [Int64], _ microseconds: Int64) {
    guard let months = Int32(exactly: date[0]), let days = Int32(exactly: date[1]) else { return nil }
    self.init(months: months, days: days, microseconds: microseconds)
  }

  /// Adds up parts such as `1Y-2M` by place, 0 or 1; `nil` for an unknown or repeated unit, or a sum that does not fit.
  private static func sums(of text: Substring, _ units: [(name: Character, factor: Int64, place: Int)]) -> [Int64]? {
    var sums: [Int64] = [0, 0]
    var rest = text
    var allowed = units[...]
    while !rest.isEmpty {
      guard let end = rest.firstIndex(where: \.isLetter), let unit = allowed.first(where: { $0.name == rest[end] })
      else { return nil }
      allowed = allowed[(allowed.firstIndex { $0.name == unit.name } ?? allowed.startIndex) + 1..<allowed.endIndex]
      guard let value = amount(rest[..<end], unit.factor, fraction: unit.name == "S") else { return nil }
      let (sum, overflow) = sums[unit.place].addingReportingOverflow(value)
      guard !overflow else { return nil }
      sums[unit.place] = sum
      rest = rest[rest.index(after: end)...]
    }
    return sums
  }

  /// `-7.5` times a factor; a fraction counts millionths and is allowed only for seconds.
  private static func amount(_ text: Substring, _ factor: Int64, fraction: Bool) -> Int64? {
    let isNegative = text.first == "-"
    let parts = (isNegative ? text.dropFirst() : text).split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard !parts[0].isEmpty, parts.count == 1 || fraction,
      let below = millionths(parts.dropFirst().first ?? "0")
    else { return nil }
    // With its sign from the beginning, since the least integer has no positive counterpart.
    guard parts[0].utf8.allSatisfy({ (48...57).contains($0) }), let whole = Int64((isNegative ? "-" : "") + parts[0])
    else { return nil }
    let (product, tooLarge) = whole.multipliedReportingOverflow(by: factor)
    let (sum, beyond) = product.addingReportingOverflow(isNegative ? -below : below)
    return tooLarge || beyond ? nil : sum
  }
}

extension SQLInterval: SQLValue {
  /// `interval`.
  public static var sqlType: SQLType { SQLType(oid: 1186, name: "interval") }
  /// Microseconds, days, months.
  public func encode(into writer: inout SQLWriter) {
    writer.write(microseconds)
    writer.write(days)
    writer.write(months)
  }
  /// Reads microseconds, days, months.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count == 16 else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self.init(months: bytes.integer(at: 12), days: bytes.integer(at: 8), microseconds: bytes.integer(at: 0))
  }
}
