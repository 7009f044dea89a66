/// The 32 bytes that SM3 makes of a message; comparing two takes the same time wherever they differ.
public struct SM3Digest: Sendable, CustomStringConvertible {
  /// The digest, always 32 bytes.
  public let bytes: [UInt8]

  /// A digest read back; `nil` unless it has 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// For providers that know the length.
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// 64 lower-case digits.
  public var hex: String { Hex.text(bytes) }

  /// The same as `hex`.
  public var description: String { hex }
}

extension SM3Digest: Hashable {
  /// Equality in constant time.
  public static func == (left: SM3Digest, right: SM3Digest) -> Bool { equalInConstantTime(left.bytes, right.bytes) }

  /// Feeds the bytes to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
