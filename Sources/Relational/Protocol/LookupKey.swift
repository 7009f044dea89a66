/// A key in PostgreSQL's binary form, by which the rows of an answer find those who asked for them.
///
/// Up to 16 bytes lie in the value itself, which covers numbers, uuids and short texts without an allocation.
struct LookupKey: Hashable, Sendable {
  let count: Int32
  private let low: UInt64
  private let high: UInt64
  /// All bytes of a key that is longer.
  private let long: [UInt8]?

  init(_ bytes: UnsafeRawBufferPointer) {
    count = Int32(bytes.count)
    switch bytes.count {
    case 8:
      low = bytes.loadUnaligned(as: UInt64.self)
      high = 0
      long = nil
    case 16:
      low = bytes.loadUnaligned(as: UInt64.self)
      high = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      long = nil
    case ...15:
      var words: (UInt64, UInt64) = (0, 0)
      withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
      (low, high) = words
      long = nil
    default:
      low = 0
      high = 0
      long = Array(bytes)
    }
  }

  /// A value's binary form. The usual integers skip the writer, which would allocate.
  init<Key: SQLEncodable>(encoding key: Key) throws(EncodingFailure) {
    if Key.self == Int64.self || Key.self == Int.self {
      self.init(integer: unsafeBitCast(key, to: Int64.self))
    } else if Key.self == Int32.self {
      self.init(integer: unsafeBitCast(key, to: Int32.self))
    } else {
      var writer = SQLWriter()
      try key.encode(into: &writer)
      self = writer.bytes.withUnsafeBytes { LookupKey($0) }
    }
  }

  private init(integer: some FixedWidthInteger) {
    self = withUnsafeBytes(of: integer.bigEndian) { LookupKey($0) }
  }

  /// The kind of key in the type system decides its length, so the length needs no hashing.
  func hash(into hasher: inout Hasher) {
    if let long { return hasher.combine(long) }
    hasher.combine(low)
    if count > 8 { hasher.combine(high) }
  }

  /// Appends the key as an element of an array: its length, then its bytes.
  func write(into bytes: inout [UInt8]) {
    withUnsafeBytes(of: count.bigEndian) { bytes.append(contentsOf: $0) }
    if let long { return bytes.append(contentsOf: long) }
    withUnsafeBytes(of: (low, high)) { words in
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: words[..<Int(count)]))
    }
  }
}
