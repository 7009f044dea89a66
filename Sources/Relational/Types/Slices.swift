/// Takes apart what arrays and ranges are made of: values with their length before them, -1 being null.
struct SQLSlices {
  enum Slice {
    case null
    case value(UnsafeRawBufferPointer)
  }

  private let bytes: UnsafeRawBufferPointer
  private var offset: Int

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Whether every byte has been taken.
  var isAtEnd: Bool { offset == bytes.count }

  /// The next value, `nil` when what is left cannot be one.
  mutating func next() -> Slice? {
    guard bytes.count - offset >= 4 else { return nil }
    let length = Int(bytes.integer(at: offset, as: Int32.self))
    offset += 4
    guard length >= 0 else { return length == -1 ? .null : nil }
    guard length <= bytes.count - offset else { return nil }
    defer { offset += length }
    return .value(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
  }
}
