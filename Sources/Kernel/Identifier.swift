public import Foundation

/// The id of one kind of record; ids of different kinds do not mix.
///
/// A UUID in version 7: the first 48 bits are milliseconds since 1970, so ids made later sort later and stay close
/// together in an index. Source: RFC 9562, section 5.7.
public struct Identifier<Entity>: Hashable, Sendable, Comparable {
  /// The id as stored.
  public let uuid: UUID

  /// An id read back from a store or a request.
  public init(_ uuid: UUID) { self.uuid = uuid }

  /// A new id, unique without asking anybody: 74 random bits beside the millisecond of `now`.
  public static func make(at now: Instant = SystemClock().now()) -> Self {
    var random = SystemRandomNumberGenerator()
    return make(at: now, using: &random)
  }

  /// A new id from a given source of randomness: the same seed gives the same ids, for generated sample data only.
  public static func make(at now: Instant, using random: inout some RandomNumberGenerator) -> Self {
    let milliseconds = UInt64(now.microseconds / 1000)
    let high = (milliseconds << 16) | 0x7000 | (random.next() & 0x0FFF)
    let low = 0x8000_0000_0000_0000 | (random.next() >> 2)
    return withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes in
      Self(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)))
    }
  }

  /// By the bytes of the UUID, which for ids made here means by time of making.
  public static func < (left: Self, right: Self) -> Bool { left.uuid < right.uuid }
}

extension Identifier: LosslessStringConvertible {
  /// Reads the usual 8-4-4-4-12 form; `nil` for anything else.
  public init?(_ description: String) {
    guard let uuid = UUID(uuidString: description) else { return nil }
    self.init(uuid)
  }

  /// Lower case, 8-4-4-4-12.
  public var description: String { uuid.uuidString.lowercased() }
}

extension Identifier: Codable {
  /// Reads the 8-4-4-4-12 form; throws `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = Self(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a UUID"))
    }
    self = id
  }

  /// Writes the 8-4-4-4-12 form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
