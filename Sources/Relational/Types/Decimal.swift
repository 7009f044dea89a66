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
    let whole = parts[0]
    let fraction = parts.count == 2 ? parts[1] : ""
    guard !(whole.isEmpty && fraction.isEmpty), !(parts.count == 2 && fraction.isEmpty),
      (whole + fraction).utf8.allSatisfy({ (48...57).contains($0) }), whole.utf8.count < 131_072,
      fraction.utf8.count < 16_384
    else { return nil }
    let trimmed = whole.drop { $0 == "0" }
    let body = (trimmed.isEmpty ? "0" : String(trimmed)) + (fraction.isEmpty ? "" : "." + fraction)
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

  /// Groups of four decimal digits around the point, as PostgreSQL stores them.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    if let word = Self.words.first(where: { $0.text == description }) {
      for part in [0, 0, word.sign, 0] { writer.write(part) }
      return
    }
    let negative = description.hasPrefix("-")
    let parts = description.utf8.drop { $0 == UInt8(ascii: "-") }.split(separator: UInt8(ascii: "."))
    let whole = parts[0].map { UInt16($0 - 48) }
    let fraction = parts.count > 1 ? parts[1].map { UInt16($0 - 48) } : []
    let padded =
      Array(repeating: 0, count: (4 - whole.count % 4) % 4) + whole + fraction
      + Array(repeating: 0, count: (4 - fraction.count % 4) % 4)
    var groups = stride(from: 0, to: padded.count, by: 4).map { start in
      padded[start..<start + 4].reduce(UInt16(0)) { $0 * 10 + $1 }
    }
    var weight = (whole.count + 3) / 4 - 1
    let leading = groups.prefix { $0 == 0 }.count
    groups.removeFirst(leading)
    weight -= leading
    while groups.last == 0 { groups.removeLast() }
    if groups.isEmpty { weight = 0 }
    writer.write(UInt16(groups.count))
    writer.write(Int16(weight))
    writer.write(UInt16(negative ? 0x4000 : 0))
    writer.write(UInt16(fraction.count))
    for group in groups { writer.write(group) }
  }

  /// Reads PostgreSQL's groups; the text is the one that PostgreSQL itself would print.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    let malformed = DecodingFailure(.malformed(Self.sqlType))
    guard bytes.count >= 8 else { throw malformed }
    let count = Int(bytes.integer(at: 0, as: UInt16.self))
    let weight = Int(bytes.integer(at: 2, as: Int16.self))
    let sign: UInt16 = bytes.integer(at: 4)
    let scale = Int(bytes.integer(at: 6, as: UInt16.self))
    if let word = Self.words.first(where: { $0.sign == sign }) {
      description = word.text
      return
    }
    guard bytes.count == 8 + 2 * count, sign == 0 || sign == 0x4000 else { throw malformed }
    // Group `place` counts 10000 to the power of `place`; what is not stored is zero.
    func group(_ place: Int) -> [UInt8] {
      let index = weight - place
      let value = (0..<count).contains(index) ? bytes.integer(at: 8 + 2 * index, as: UInt16.self) : 0
      return [value / 1000, value / 100 % 10, value / 10 % 10, value % 10].map { UInt8(truncatingIfNeeded: $0) + 48 }
    }
    var text: [UInt8] = weight < 0 ? [48] : (0...weight).reversed().flatMap(group)
    text = Array(text.drop { $0 == 48 })
    if text.isEmpty { text = [48] }
    if scale > 0 {
      text.append(UInt8(ascii: "."))
      text += (0..<(scale + 3) / 4).flatMap { group(-1 - $0) }.prefix(scale)
    }
    description = (sign == 0x4000 ? "-" : "") + String(decoding: text, as: UTF8.self)
  }
}
