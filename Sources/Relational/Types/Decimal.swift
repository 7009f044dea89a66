/// An exact decimal number, `numeric` in PostgreSQL: kept as its digits, never as a floating-point number.
///
/// Equality is that of the digits as written: `1.0` and `1.00` are equal numbers of different scale and differ here.
/// Arithmetic is left to SQL or to whole cents in the application.
public struct SQLDecimal: Hashable, Sendable, LosslessStringConvertible {
  /// The digits, for instance `-12.50`; `NaN`, `Infinity` and `-Infinity` for what is not a number.
  public let description: String

  /// Reads an optional sign, digits and an optional fraction, or one of the three words; `nil` for anything else.
  public init?(_ text: String) {
    if ["NaN", "Infinity", "-Infinity"].contains(text) {
      description = text
      return
    }
    var rest = Substring(text)
    let negative = rest.first == "-"
    if negative || rest.first == "+" { rest = rest.dropFirst() }
    let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = parts[0].drop { $0 == "0" }
    let fraction = parts.count == 2 ? parts[1] : ""
    // PostgreSQL's limits: 131 072 digits before the point, 16 383 after it.
    guard !(parts[0].isEmpty && fraction.isEmpty), !(parts.count == 2 && fraction.isEmpty),
      (whole + fraction).utf8.allSatisfy({ (48...57).contains($0) }), whole.utf8.count <= 131_072,
      fraction.utf8.count <= 16_383
    else { return nil }
    let body = (whole.isEmpty ? "0" : String(whole)) + (fraction.isEmpty ? "" : "." + fraction)
    let isZero = body.utf8.allSatisfy { $0 == 48 || $0 == 46 }
    description = (negative && !isZero ? "-" : "") + body
  }

  /// A whole number.
  public init(_ integer: some BinaryInteger) { description = String(integer) }
}

extension SQLDecimal: SQLValue {
  /// `numeric`.
  public static var sqlType: SQLType { SQLType(oid: 1700, name: "numeric") }

  private static let words: [(text: String, sign: UInt16)] = [
    ("NaN", 0xC000), ("Infinity", 0xD000), ("-Infinity", 0xF000),
  ]
  private static let zero = UInt8(ascii: "0")
  private static let point = UInt8(ascii: ".")
  private static let minus = UInt8(ascii: "-")

  /// Groups of four decimal digits around the point, as PostgreSQL stores them.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    if let word = Self.words.first(where: { $0.text == description }) {
      for part in [0, 0, word.sign, 0] { writer.write(part) }
      return
    }
    // One copy of the digits at most: native strings lie in one piece.
    var text = description
    text.withUTF8 { Self.encode($0, into: &writer) }
  }

  private static func encode(_ text: UnsafeBufferPointer<UInt8>, into writer: inout SQLWriter) {
    let isNegative = text.first == minus
    let digits = UnsafeBufferPointer(rebasing: text.dropFirst(isNegative ? 1 : 0))
    let wholeCount = digits.firstIndex(of: point) ?? digits.count
    let scale = max(0, digits.count - wholeCount - 1)
    let wholeGroups = (wholeCount + 3) / 4
    let groupCount = wholeGroups + (scale + 3) / 4
    // Digits outside of what is written are zeros.
    func group(_ index: Int) -> UInt16 {
      let isWhole = index < wholeGroups
      let start = isWhole ? wholeCount - 4 * (wholeGroups - index) : wholeCount + 1 + 4 * (index - wholeGroups)
      return (start..<start + 4).reduce(0) { value, place in
        let isWritten = place >= 0 && place < (isWhole ? wholeCount : digits.count)
        return value * 10 + (isWritten ? UInt16(digits[place] - zero) : 0)
      }
    }
    var first = 0
    var end = groupCount
    while first < end, group(first) == 0 { first += 1 }
    while first < end, group(end - 1) == 0 { end -= 1 }
    writer.write(UInt16(end - first))
    writer.write(Int16(first == end ? 0 : wholeGroups - 1 - first))
    writer.write(UInt16(isNegative ? 0x4000 : 0))
    writer.write(UInt16(scale))
    for index in first..<end { writer.write(group(index)) }
  }

  /// Reads PostgreSQL's groups; the text is the one that PostgreSQL itself would print.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    let malformed = DecodingFailure(.malformed(Self.sqlType))
    guard bytes.count >= 8 else { throw malformed }
    let count = Int(bytes.integer(at: 0, as: UInt16.self))
    let sign: UInt16 = bytes.integer(at: 4)
    let scale = Int(bytes.integer(at: 6, as: UInt16.self))
    guard bytes.count == 8 + 2 * count else { throw malformed }
    if let word = Self.words.first(where: { $0.sign == sign }) {
      description = word.text
      return
    }
    guard sign == 0 || sign == 0x4000, scale <= 16_383 else { throw malformed }
    for index in 0..<count where bytes.integer(at: 8 + 2 * index, as: UInt16.self) > 9999 { throw malformed }
    description = Self.text(bytes, count: count, isNegative: sign != 0, scale: scale)
  }

  /// Writes the digits; every group has been checked to be below 10 000.
  private static func text(_ bytes: UnsafeRawBufferPointer, count: Int, isNegative: Bool, scale: Int) -> String {
    let weight = Int(bytes.integer(at: 2, as: Int16.self))
    // The group at `place` counts 10000 to the power of `place`; what is not stored is zero.
    func digit(_ place: Int, _ index: Int) -> UInt8 {
      let stored = weight - place
      let group = stored >= 0 && stored < count ? bytes.integer(at: 8 + 2 * stored, as: UInt16.self) : 0
      let divisor: UInt16 = index == 0 ? 1000 : index == 1 ? 100 : index == 2 ? 10 : 1
      return zero + UInt8(truncatingIfNeeded: group / divisor % 10)
    }
    let capacity = 3 + 4 * max(1, weight + 1) + scale
    let text = String(unsafeUninitializedCapacity: capacity) { room in
      var used = 0
      func append(_ byte: UInt8) {
        room[used] = byte
        used += 1
      }
      if isNegative { append(minus) }
      let start = used
      for place in stride(from: weight, through: 0, by: -1) {
        for index in 0..<4 {
          let digit = digit(place, index)
          if digit != zero || used > start { append(digit) }
        }
      }
      if used == start { append(zero) }
      if scale > 0 {
        append(point)
        for index in 0..<scale { append(digit(-1 - index / 4, index % 4)) }
      }
      return used
    }
    // The server never sends a negative zero.
    return isNegative && !text.utf8.contains { $0 > zero } ? String(text.dropFirst()) : text
  }
}
