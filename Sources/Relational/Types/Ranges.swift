/// A value that ranges of PostgreSQL are made of.
public protocol SQLRangeBound: SQLValue, Hashable {
  /// The types of ranges of this value.
  static var rangeTypes: SQLRangeTypes { get }
  /// The form in which the server gives a range back; for values without a next one it is the range itself.
  static func canonical(_ range: SQLRange<Self>) -> SQLRange<Self>
}

/// The four types that belong to one kind of bound.
public struct SQLRangeTypes: Hashable, Sendable {
  /// `int4range`.
  public let range: SQLType
  /// `int4range[]`.
  public let rangeArray: SQLType
  /// `int4multirange`.
  public let multirange: SQLType
  /// `int4multirange[]`.
  public let multirangeArray: SQLType

  /// The types by the beginning of their names and their object ids.
  init(_ name: String, range: UInt32, multirange: UInt32, multirangeArray: UInt32) {
    self.range = SQLType(oid: range, name: "\(name)range")
    // Built-in ranges have their arrays right behind them.
    rangeArray = SQLType(oid: range + 1, name: "\(name)range[]")
    self.multirange = SQLType(oid: multirange, name: "\(name)multirange")
    self.multirangeArray = SQLType(oid: multirangeArray, name: "\(name)multirange[]")
  }
}

/// A range of PostgreSQL: empty, or everything between two limits.
///
/// Equality is that of the parts. The server gives ranges of integers and days back in one form, from inclusive to
/// exclusive; `canonical` is that form.
public enum SQLRange<Bound: SQLRangeBound>: Hashable, Sendable {
  /// One end of a range.
  public enum Limit: Hashable, Sendable {
    /// No end in this direction.
    case unbounded
    /// The bound belongs to the range.
    case inclusive(Bound)
    /// The range ends right before or begins right after the bound.
    case exclusive(Bound)
  }

  /// Contains nothing.
  case empty
  /// Everything between two limits.
  case between(Limit, Limit)

  /// The form in which the server gives this range back.
  public var canonical: SQLRange { Bound.canonical(self) }
}

extension SQLRange where Bound: Comparable {
  /// From inclusive to exclusive; one without width is empty.
  public init(_ range: Range<Bound>) {
    self = range.isEmpty ? .empty : .between(.inclusive(range.lowerBound), .exclusive(range.upperBound))
  }

  /// From inclusive to inclusive.
  public init(_ range: ClosedRange<Bound>) {
    self = .between(.inclusive(range.lowerBound), .inclusive(range.upperBound))
  }

  /// Whether a value lies within.
  public func contains(_ value: Bound) -> Bool {
    guard case .between(let lower, let upper) = self else { return false }
    let isAbove =
      switch lower {
      case .unbounded: true
      case .inclusive(let bound): bound <= value
      case .exclusive(let bound): bound < value
      }
    return switch upper {
    case .unbounded: isAbove
    case .inclusive(let bound): isAbove && value <= bound
    case .exclusive(let bound): isAbove && value < bound
    }
  }
}

extension SQLRange: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// The range type of the bound.
  public static var sqlType: SQLType { Bound.rangeTypes.range }

  /// What the first byte says.
  private enum Flag {
    static var empty: UInt8 { 0x01 }
    static var lowerInclusive: UInt8 { 0x02 }
    static var upperInclusive: UInt8 { 0x04 }
    static var lowerUnbounded: UInt8 { 0x08 }
    static var upperUnbounded: UInt8 { 0x10 }
  }

  /// Flags, then the bounds that there are. The server refuses a lower bound above the upper one.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    guard case .between(let lower, let upper) = self else { return writer.write(Flag.empty) }
    writer.write(
      lower.flags(unbounded: Flag.lowerUnbounded, inclusive: Flag.lowerInclusive)
        | upper.flags(unbounded: Flag.upperUnbounded, inclusive: Flag.upperInclusive))
    for case let bound? in [lower.bound, upper.bound] { try writer.write(value: bound) }
  }

  /// Reads flags and bounds.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    let malformed = DecodingFailure(.malformed(Self.sqlType))
    guard let flags = bytes.first, flags < 0x20 else { throw malformed }
    guard flags & Flag.empty == 0 else {
      guard bytes.count == 1 else { throw malformed }
      self = .empty
      return
    }
    var rest = SQLSlices(bytes, at: 1)
    let lower = try Self.limit(
      &rest, isUnbounded: flags & Flag.lowerUnbounded != 0, isInclusive: flags & Flag.lowerInclusive != 0)
    let upper = try Self.limit(
      &rest, isUnbounded: flags & Flag.upperUnbounded != 0, isInclusive: flags & Flag.upperInclusive != 0)
    guard rest.isAtEnd else { throw malformed }
    self = .between(lower, upper)
  }

  private static func limit(
    _ rest: inout SQLSlices, isUnbounded: Bool, isInclusive: Bool
  ) throws(DecodingFailure) -> Limit {
    if isUnbounded { return .unbounded }
    guard case .value(let bytes)? = rest.next() else { throw DecodingFailure(.malformed(sqlType)) }
    let bound = try Bound(sqlBytes: bytes)
    return isInclusive ? .inclusive(bound) : .exclusive(bound)
  }
}

extension SQLRange.Limit {
  /// The bound, `nil` for none.
  public var bound: Bound? {
    switch self {
    case .unbounded: nil
    case .inclusive(let bound), .exclusive(let bound): bound
    }
  }

  fileprivate func flags(unbounded: UInt8, inclusive: UInt8) -> UInt8 {
    switch self {
    case .unbounded: unbounded
    case .inclusive: inclusive
    case .exclusive: 0
    }
  }
}

extension SQLRange: SQLArrayElement {
  /// The array type of the range.
  public static var arrayType: SQLType { Bound.rangeTypes.rangeArray }
}

/// Several ranges as one value. The server gives them back sorted, without overlaps and in their canonical form.
public struct SQLMultirange<Bound: SQLRangeBound>: Hashable, Sendable {
  /// The ranges in their order.
  public var ranges: [SQLRange<Bound>]
  /// A multirange.
  public init(_ ranges: [SQLRange<Bound>]) { self.ranges = ranges }
}

extension SQLMultirange: SQLTyped, SQLEncodable, SQLDecodable, RowDecodable {
  /// The multirange type of the bound.
  public static var sqlType: SQLType { Bound.rangeTypes.multirange }

  /// Their number, then each with its length.
  public func encode(into writer: inout SQLWriter) throws(EncodingFailure) {
    writer.write(Int32(truncatingIfNeeded: ranges.count))
    for range in ranges { try writer.write(value: range) }
  }

  /// Reads their number and each of them.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    let malformed = DecodingFailure(.malformed(Self.sqlType))
    guard bytes.count >= 4 else { throw malformed }
    let count = Int(bytes.integer(at: 0, as: Int32.self))
    var rest = SQLSlices(bytes, at: 4)
    // Every range takes at least its length, which bounds what a wrong count could allocate.
    guard count >= 0, count <= bytes.count / 4 else { throw malformed }
    ranges = []
    ranges.reserveCapacity(count)
    for _ in 0..<count {
      guard case .value(let bytes)? = rest.next() else { throw malformed }
      ranges.append(try SQLRange(sqlBytes: bytes))
    }
    guard rest.isAtEnd else { throw malformed }
  }
}

extension SQLMultirange: SQLArrayElement {
  /// The array type of the multirange.
  public static var arrayType: SQLType { Bound.rangeTypes.multirangeArray }
}
