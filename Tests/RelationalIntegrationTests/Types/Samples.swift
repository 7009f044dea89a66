import Foundation
import Kernel
import Relational
import TestSupport

/// Random values of the types whose values are made of several parts.
enum Samples {
  /// From the year 1 to the year 9999.
  private static let moments: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

  static func instant(_ random: inout SeededRandom) -> Instant {
    Instant(microseconds: .random(in: moments, using: &random))
  }

  static func wall(_ random: inout SeededRandom) -> CivilDateTime {
    CivilDateTime(microseconds: .random(in: moments, using: &random))
  }

  static func clock(_ random: inout SeededRandom) -> TimeOfDay {
    guard let time = TimeOfDay(microseconds: .random(in: 0...86_400_000_000, using: &random)) else {
      preconditionFailure("in range")
    }
    return time
  }

  /// Parts with signs of their own, often zero.
  static func interval(_ random: inout SeededRandom) -> SQLInterval {
    func part(_ limit: Int64) -> Int64 {
      Bool.random(using: &random) ? 0 : Int64.random(in: -limit...limit, using: &random)
    }
    let time: Int64 = Bool.random(using: &random) ? 90_000_000 : 9_000_000_000_000
    return SQLInterval(months: Int32(part(100_000)), days: Int32(part(100_000)), microseconds: part(time))
  }

  static func unbounded(_ random: inout SeededRandom) -> Unbounded<CivilDate> {
    switch Int.random(in: 0...3, using: &random) {
    case 0: .negativeInfinity
    case 1: .infinity
    default: .finite(CivilDate(daysSince1970: Int.random(in: -719_162...2_932_896, using: &random)))
    }
  }

  /// Of IPv4 or IPv6, with many zeros, since texts of IPv6 leave them out.
  static func address(_ random: inout SeededRandom) -> SQLNetworkAddress {
    let count = Bool.random(using: &random) ? 4 : 16
    var bytes: [UInt8] = []
    for _ in 0..<count { bytes.append(Bool.random(using: &random) ? 0 : UInt8.random(in: 0...255, using: &random)) }
    let prefix = Bool.random(using: &random) ? count * 8 : Int.random(in: 0...count * 8, using: &random)
    guard let address = SQLNetworkAddress(bytes: bytes, prefixLength: prefix) else { preconditionFailure("in range") }
    return address
  }

  /// Up to thirty digits before and twenty-two after the point.
  static func decimal(_ random: inout SeededRandom) -> SQLDecimal {
    func digits(_ count: Int) -> String {
      (0..<count).map { _ in String(Int.random(in: 0...9, using: &random) * Int.random(in: 0...1, using: &random)) }
        .joined()
    }
    let fraction = digits(Int.random(in: 0...22, using: &random))
    let whole = digits(Int.random(in: 1...30, using: &random))
    let text = (Bool.random(using: &random) ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
    return SQLDecimal(text) ?? SQLDecimal(0)
  }

  /// Every combination of limits; the lower bound is never above the upper one.
  static func range<Bound: SQLRangeBound>(
    _ random: inout SeededRandom, _ bound: (inout SeededRandom) -> Bound
  ) -> SQLRange<Bound> {
    if Int.random(in: 0...9, using: &random) == 0 { return .empty }
    var bounds = [bound(&random), bound(&random)]
    if isLess(bounds[1], bounds[0]) { bounds.swapAt(0, 1) }
    var limits: [SQLRange<Bound>.Limit] = []
    for bound in bounds {
      switch Int.random(in: 0...2, using: &random) {
      case 0: limits.append(.unbounded)
      case 1: limits.append(.inclusive(bound))
      default: limits.append(.exclusive(bound))
      }
    }
    return .between(limits[0], limits[1])
  }

  private static func isLess<Bound: SQLRangeBound>(_ left: Bound, _ right: Bound) -> Bool {
    func compare<C: Comparable>(_ left: C) -> Bool { (right as? C).map { left < $0 } ?? false }
    if let comparable = left as? any Comparable { return compare(comparable) }
    // Exact numbers have no order here; the samples are whole and small.
    return (Int("\(left)") ?? 0) < (Int("\(right)") ?? 0)
  }

  private static let ranges = [
    Int32.rangeTypes, Int64.rangeTypes, SQLDecimal.rangeTypes, Instant.rangeTypes, CivilDateTime.rangeTypes,
    CivilDate.rangeTypes,
  ]

  /// What the server calls them is compared with what they are called here.
  static let everyType: [SQLType] =
    [
      Bool.sqlType, Bool.arrayType, Int16.sqlType, Int16.arrayType, Int32.sqlType, Int32.arrayType, Int64.sqlType,
      Int64.arrayType, UInt32.sqlType, UInt32.arrayType, UInt64.sqlType, UInt64.arrayType, Float.sqlType,
      Float.arrayType, Double.sqlType, Double.arrayType, String.sqlType, String.arrayType, JSONText.sqlType,
      JSONText.arrayType, SQLDecimal.sqlType, SQLDecimal.arrayType, Instant.sqlType, Instant.arrayType,
      CivilDate.sqlType, CivilDate.arrayType, CivilDateTime.sqlType, CivilDateTime.arrayType, TimeOfDay.sqlType,
      TimeOfDay.arrayType, SQLInterval.sqlType, SQLInterval.arrayType, UUID.sqlType, UUID.arrayType,
      SQLNetworkAddress.sqlType, SQLNetworkAddress.arrayType, [UInt8].sqlType, [[UInt8]].sqlType,
    ] + ranges.flatMap { [$0.range, $0.rangeArray, $0.multirange, $0.multirangeArray] }
}
