import Foundation

/// An address of IPv4 or IPv6 with the length of its network's prefix, `inet` in PostgreSQL; reads `cidr`, too.
public struct SQLNetworkAddress: Hashable, Sendable {
  /// Four or sixteen bytes, the most significant first.
  public let bytes: [UInt8]
  /// How many bits belong to the network: 0…32 or 0…128.
  public let prefixLength: Int

  /// An address from its bytes, by default of a single host; `nil` for another number of bytes or a longer prefix.
  public init?(bytes: [UInt8], prefixLength: Int? = nil) {
    let width = bytes.count * 8
    guard width == 32 || width == 128, (0...width).contains(prefixLength ?? width) else { return nil }
    self.bytes = bytes
    self.prefixLength = prefixLength ?? width
  }

  /// Whether it is an address of IPv4.
  public var isIPv4: Bool { bytes.count == 4 }
}

extension SQLNetworkAddress: LosslessStringConvertible {
  /// Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1`, `2001:db8::/32`; `nil` for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    // A NUL would end the text for the C function, and the rest would go unseen.
    guard !text.utf8.contains(0) else { return nil }
    let isIPv4 = !parts[0].utf8.contains(UInt8(ascii: ":"))
    var bytes = [UInt8](repeating: 0, count: isIPv4 ? 4 : 16)
    guard inet_pton(isIPv4 ? AF_INET : AF_INET6, String(parts[0]), &bytes) == 1 else { return nil }
    guard parts.count == 2 else {
      self.init(bytes: bytes)
      return
    }
    guard parts[1].utf8.count <= 3, let prefix = decimal(parts[1]) else { return nil }
    self.init(bytes: bytes, prefixLength: Int(prefix))
  }

  /// As PostgreSQL prints `inet`: the prefix is left out for a single host.
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
      preconditionFailure("the room suffices for every address")
    }
    let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return prefixLength == bytes.count * 8 ? address : "\(address)/\(prefixLength)"
  }
}

extension SQLNetworkAddress: SQLValue {
  /// `inet`.
  public static var sqlType: SQLType { SQLType(oid: 869, name: "inet") }
  /// `inet` and `cidr`.
  public static func accepts(_ oid: UInt32) -> Bool { oid == 869 || oid == 650 }

  /// Family (2 or 3), prefix, whether it is a network, number of bytes, bytes.
  public func encode(into writer: inout SQLWriter) {
    let head = [isIPv4 ? 2 : 3, UInt8(truncatingIfNeeded: prefixLength), 0, UInt8(truncatingIfNeeded: bytes.count)]
    writer.write(bytes: head)
    writer.write(bytes: bytes)
  }

  /// Reads the same.
  public init(sqlBytes bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
    guard bytes.count >= 4, bytes[3] == (bytes[0] == 2 ? 4 : 16), bytes[0] == 2 || bytes[0] == 3,
      bytes.count == 4 + Int(bytes[3]),
      let address = SQLNetworkAddress(bytes: Array(bytes.dropFirst(4)), prefixLength: Int(bytes[1]))
    else { throw DecodingFailure(.malformed(Self.sqlType)) }
    self = address
  }
}
