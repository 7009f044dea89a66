public import Foundation
public import Kernel

/// A type that is one BSON value rather than a document of its properties.
public protocol BSONConvertible {
  /// The value that is stored.
  var bsonValue: BSONValue { get }
  /// From a stored value; `nil` when it is of another type or out of range.
  init?(bsonValue: BSONValue)
}

extension UUID: BSONConvertible {
  /// Binary, subtype 4.
  public var bsonValue: BSONValue {
    .binary(BSONBinary(subtype: 4, withUnsafeBytes(of: uuid) { Array($0) }))
  }

  /// From binary of subtype 4 with 16 bytes.
  public init?(bsonValue: BSONValue) {
    guard case .binary(let binary) = bsonValue, binary.subtype == 4, binary.bytes.count == 16 else { return nil }
    self.init(uuid: binary.bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
  }
}

extension Identifier: BSONConvertible {
  /// Binary, subtype 4.
  public var bsonValue: BSONValue { uuid.bsonValue }

  /// From binary of subtype 4 with 16 bytes.
  public init?(bsonValue: BSONValue) {
    guard let uuid = UUID(bsonValue: bsonValue) else { return nil }
    self.init(uuid)
  }
}

extension Instant: BSONConvertible {
  /// A date; BSON keeps milliseconds, the rest is dropped (see `truncatedToMilliseconds`).
  public var bsonValue: BSONValue { .dateTime(milliseconds) }

  /// From a date; `nil` for one that 64 bits of microseconds cannot hold (290,000 years away).
  public init?(bsonValue: BSONValue) {
    guard case .dateTime(let milliseconds) = bsonValue else { return nil }
    let (microseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return nil }
    self.init(microseconds: microseconds)
  }
}

extension Date: BSONConvertible {
  /// A date, rounded to milliseconds; beyond what BSON holds, its nearest end.
  public var bsonValue: BSONValue {
    let milliseconds = (timeIntervalSince1970 * 1000).rounded()
    return .dateTime(Int64(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max))
  }

  /// From a date.
  public init?(bsonValue: BSONValue) {
    guard case .dateTime(let milliseconds) = bsonValue else { return nil }
    self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
  }
}

extension [UInt8]: BSONConvertible {
  /// Binary, subtype 0.
  public var bsonValue: BSONValue { .binary(BSONBinary(self)) }

  /// From binary of subtype 0.
  public init?(bsonValue: BSONValue) {
    guard case .binary(let binary) = bsonValue, binary.subtype == 0 else { return nil }
    self = binary.bytes
  }
}

extension Data: BSONConvertible {
  /// Binary, subtype 0.
  public var bsonValue: BSONValue { Array(self).bsonValue }

  /// From binary of subtype 0.
  public init?(bsonValue: BSONValue) {
    guard let bytes = [UInt8](bsonValue: bsonValue) else { return nil }
    self.init(bytes)
  }
}

extension ObjectID: BSONConvertible {
  /// An object id.
  public var bsonValue: BSONValue { .objectID(self) }

  /// From an object id.
  public init?(bsonValue: BSONValue) {
    guard case .objectID(let id) = bsonValue else { return nil }
    self = id
  }
}

extension BSONDecimal128: BSONConvertible {
  /// A decimal number.
  public var bsonValue: BSONValue { .decimal128(self) }

  /// From a decimal number.
  public init?(bsonValue: BSONValue) {
    guard case .decimal128(let decimal) = bsonValue else { return nil }
    self = decimal
  }
}

extension BSONDocument: BSONConvertible {
  /// A nested document.
  public var bsonValue: BSONValue { .document(self) }

  /// From a nested document.
  public init?(bsonValue: BSONValue) {
    guard case .document(let document) = bsonValue else { return nil }
    self = document
  }
}

extension BSONValue: BSONConvertible {
  /// Itself.
  public var bsonValue: BSONValue { self }

  /// Itself.
  public init?(bsonValue: BSONValue) { self = bsonValue }
}
