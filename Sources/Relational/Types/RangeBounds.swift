public import Kernel

extension SQLRangeBound {
  /// The range itself, except that one without width and without both its ends is empty.
  public static func canonical(_ range: SQLRange<Self>) -> SQLRange<Self> {
    guard case .between(let lower, let upper) = range, let bound = lower.bound, bound == upper.bound else {
      return range
    }
    if case (.inclusive, .inclusive) = (lower, upper) { return range }
    return .empty
  }
}

/// A bound that has a next one, so that a range has one form from inclusive to exclusive.
protocol DiscreteRangeBound: SQLRangeBound, Comparable {
  /// The next value, `nil` after the last.
  var successor: Self? { get }
}

extension DiscreteRangeBound {
  /// From inclusive to exclusive. A range that the server refuses stays as it is.
  static func halfOpen(_ range: SQLRange<Self>) -> SQLRange<Self> {
    guard case .between(var lower, var upper) = range else { return range }
    if let first = lower.bound, let last = upper.bound, first > last { return range }
    if case .exclusive(let bound) = lower {
      guard let next = bound.successor else { return range }
      lower = .inclusive(next)
    }
    if case .inclusive(let bound) = upper {
      guard let next = bound.successor else { return range }
      upper = .exclusive(next)
    }
    if let first = lower.bound, let end = upper.bound, first >= end { return .empty }
    return .between(lower, upper)
  }
}

extension Int32: SQLRangeBound, DiscreteRangeBound {
  /// `int4range` and its relatives.
  public static let rangeTypes = SQLRangeTypes("int4", range: 3904, multirange: 4451, multirangeArray: 6150)
  /// From inclusive to exclusive.
  public static func canonical(_ range: SQLRange<Int32>) -> SQLRange<Int32> { halfOpen(range) }
  var successor: Int32? { self == .max ? nil : self + 1 }
}

extension Int64: SQLRangeBound, DiscreteRangeBound {
  /// `int8range` and its relatives.
  public static let rangeTypes = SQLRangeTypes("int8", range: 3926, multirange: 4536, multirangeArray: 6157)
  /// From inclusive to exclusive.
  public static func canonical(_ range: SQLRange<Int64>) -> SQLRange<Int64> { halfOpen(range) }
  var successor: Int64? { self == .max ? nil : self + 1 }
}

extension Int: SQLRangeBound, DiscreteRangeBound {
  /// `int8range` and its relatives.
  public static var rangeTypes: SQLRangeTypes { Int64.rangeTypes }
  /// From inclusive to exclusive.
  public static func canonical(_ range: SQLRange<Int>) -> SQLRange<Int> { halfOpen(range) }
  var successor: Int? { self == .max ? nil : self + 1 }
}

extension CivilDate: SQLRangeBound, DiscreteRangeBound {
  /// `daterange` and its relatives.
  public static let rangeTypes = SQLRangeTypes("date", range: 3912, multirange: 4535, multirangeArray: 6155)
  /// From inclusive to exclusive.
  public static func canonical(_ range: SQLRange<CivilDate>) -> SQLRange<CivilDate> { halfOpen(range) }
  var successor: CivilDate? { daysSince1970 == .max ? nil : CivilDate(daysSince1970: daysSince1970 + 1) }
}

extension SQLDecimal: SQLRangeBound {
  /// `numrange` and its relatives. Equal bounds of different scale do not make an empty range here.
  public static let rangeTypes = SQLRangeTypes("num", range: 3906, multirange: 4532, multirangeArray: 6151)
}

extension Instant: SQLRangeBound {
  /// `tstzrange` and its relatives.
  public static let rangeTypes = SQLRangeTypes("tstz", range: 3910, multirange: 4534, multirangeArray: 6153)
}

extension CivilDateTime: SQLRangeBound {
  /// `tsrange` and its relatives.
  public static let rangeTypes = SQLRangeTypes("ts", range: 3908, multirange: 4533, multirangeArray: 6152)
}

extension Unbounded: SQLRangeBound where Value: SQLRangeBound {
  /// The value's types; a bound at infinity is not the same as none.
  public static var rangeTypes: SQLRangeTypes { Value.rangeTypes }
}
