/// An ordered list of keys and values, kept as the bytes that travel and are stored.
///
/// Cost: `subscript` walks from the start; `append` copies the bytes only when they are shared. Two documents are equal
/// when their bytes are.
public struct BSONDocument: Hashable, Sendable {
  /// Documents inside documents at most, as servers allow.
  public static let maximumDepth = 100

  /// The whole document: length, elements, closing zero. Always well-formed.
  public private(set) var bytes: [UInt8]

  /// An empty document.
  public init() { bytes = [5, 0, 0, 0, 0] }

  /// Bytes from elsewhere, checked completely: lengths, types, UTF-8, depth.
  ///
  /// One pass over the bytes. Throws `BSONError` for anything malformed.
  public init(bytes: [UInt8]) throws(BSONError) {
    try BSONReader.validate(bytes)
    self.bytes = bytes
  }

  /// Keys and values in order. Keys are written by code; one with a zero byte is a programming error.
  public init(_ elements: [(String, BSONValue)]) {
    self.init()
    for (key, value) in elements { append(key, value) }
  }

  /// Bytes known to be well-formed: a part of a checked document, or what the encoder wrote.
  init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// Adds a key at the end, also when it is there already.
  ///
  /// Keys are written by code. A key with a zero byte, which BSON cannot express, is a programming error and traps; keys
  /// that come from data go through `BSONEncoder`, which throws instead.
  public mutating func append(_ key: String, _ value: BSONValue) {
    precondition(!key.utf8.contains(0), "a BSON key contains a zero byte")
    bytes.removeLast()
    bytes.append(value.typeByte)
    bytes.append(contentsOf: key.utf8)
    bytes.append(0)
    value.write(to: &bytes)
    bytes.append(0)
    bytes.setLength(at: 0)
  }

  /// The first value of a key, or `nil`. Walks the document from its start.
  public subscript(key: String) -> BSONValue? {
    var reader = BSONReader(trusted: bytes)
    while let element = reader.nextTrusted() {
      if reader.key(of: element, equals: key) { return reader.trustedValue(of: element) }
    }
    return nil
  }

  /// Whether it has no keys.
  public var isEmpty: Bool { bytes.count == 5 }

  /// The keys in order.
  public var keys: [String] { map(\.key) }

  /// The same document with a key's value replaced in place, or added at the end.
  public func setting(_ key: String, to value: BSONValue) -> BSONDocument {
    var replaced = false
    var result = BSONDocument()
    for (name, old) in self {
      result.append(name, name == key && !replaced ? value : old)
      replaced = replaced || name == key
    }
    if !replaced { result.append(key, value) }
    return result
  }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
  /// A document written in code, its keys in the order written.
  public init(dictionaryLiteral elements: (String, BSONValue)...) { self.init(elements) }
}

extension BSONDocument: Sequence {
  /// Keys and values in order.
  public struct Iterator: IteratorProtocol {
    private var reader: BSONReader

    init(_ document: BSONDocument) { reader = BSONReader(trusted: document.bytes) }

    /// The next key and value.
    public mutating func next() -> (key: String, value: BSONValue)? {
      guard let element = reader.nextTrusted() else { return nil }
      return (reader.key(of: element), reader.trustedValue(of: element))
    }
  }

  /// Keys and values in order.
  public func makeIterator() -> Iterator { Iterator(self) }
}

extension BSONDocument: CustomStringConvertible {
  /// Only the size: documents hold personal data, and descriptions end in logs.
  public var description: String { "BSONDocument(\(bytes.count) bytes)" }
}
