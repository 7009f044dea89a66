/// Turns `Encodable` values into documents, writing the bytes directly.
///
/// `UUID` and `Identifier` become binary subtype 4, `Instant` and `Date` dates of milliseconds, `[UInt8]` and `Data` binary
/// subtype 0, `Int` 64 bits, smaller integers 32 bits. A `nil` that a type encodes itself becomes `null`; the compiler's
/// own `Codable` leaves it out.
public struct BSONEncoder: Sendable {
  /// An encoder without settings.
  public init() {}

  /// The document of a value.
  ///
  /// Throws `EncodingError` for a key with a zero byte, an integer beyond 64 bits, nesting beyond
  /// `BSONDocument.maximumDepth`, and a value that is not a document at its top.
  public func encode(_ value: some Encodable) throws -> BSONDocument {
    let encoded = try ValueEncoder.encode(value, path: [])
    guard encoded.type == BSONType.document else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: [], debugDescription: "a document needs properties, this is a single value or a list"))
    }
    return BSONDocument(trusted: encoded.bytes)
  }
}

extension BSONDocument {
  /// The document of an `Encodable` value; errors as `BSONEncoder.encode`.
  public init(encoding value: some Encodable) throws { self = try BSONEncoder().encode(value) }
}

/// A value as it will stand in a document: its type and its bytes.
struct EncodedValue {
  var type: UInt8
  var bytes: [UInt8]

  static let null = EncodedValue(.null)

  init(_ value: BSONValue) {
    type = value.typeByte
    bytes = []
    value.write(to: &bytes)
  }

  init(type: UInt8, bytes: [UInt8]) {
    self.type = type
    self.bytes = bytes
  }
}

/// The encoder that one value sees: it becomes a document, a list or a single value by what the value asks for.
final class ValueEncoder: Encoder {
  private enum Content { case nothing, single(EncodedValue), container(ContainerBuffer) }

  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private var content = Content.nothing

  init(path: [any CodingKey]) { codingPath = path }

  /// The bytes of any value.
  static func encode<T: Encodable>(_ value: T, path: [any CodingKey]) throws -> EncodedValue {
    if let convertible = value as? any BSONConvertible { return EncodedValue(convertible.bsonValue) }
    guard path.count < BSONDocument.maximumDepth else {
      throw EncodingError.invalidValue(value, .init(codingPath: path, debugDescription: "nested too deeply"))
    }
    let encoder = ValueEncoder(path: path)
    try value.encode(to: encoder)
    return encoder.finish()
  }

  /// What was encoded; a value that encoded nothing is an empty document, as in other encoders.
  func finish() -> EncodedValue {
    switch content {
    case .nothing: EncodedValue(type: BSONType.document, bytes: BSONDocument().bytes)
    case .single(let value): value
    case .container(let buffer): buffer.finish()
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(KeyedWriter<Key>(buffer: buffer(isArray: false), codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    UnkeyedWriter(buffer: buffer(isArray: true), codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(encoder: self) }

  func set(_ value: EncodedValue) { content = .single(value) }

  /// A type may ask for its container twice (a subclass and its superclass): both get the same one.
  private func buffer(isArray: Bool) -> ContainerBuffer {
    if case .container(let buffer) = content, buffer.isArray == isArray { return buffer }
    let buffer = ContainerBuffer(isArray: isArray)
    content = .container(buffer)
    return buffer
  }
}

/// A document or list under construction.
///
/// Nested containers may be filled while their parent goes on, so they are remembered with the place where their bytes
/// belong and put in when the parent is finished.
final class ContainerBuffer {
  private struct Pending {
    let typeOffset: Int
    let insertOffset: Int
    let finish: () -> EncodedValue
  }

  let isArray: Bool
  private(set) var count = 0
  private var bytes: [UInt8] = []
  private var pending: [Pending] = []

  init(isArray: Bool) { self.isArray = isArray }

  /// Adds a finished value.
  func append(_ value: EncodedValue, key: String) {
    bytes.append(value.type)
    bytes.append(zeroTerminated: key)
    bytes.append(contentsOf: value.bytes)
    count += 1
  }

  /// Adds a place whose value is known when this container is finished.
  func reserve(key: String, finish: @escaping () -> EncodedValue) {
    let typeOffset = bytes.count
    bytes.append(BSONType.null)
    bytes.append(zeroTerminated: key)
    pending.append(Pending(typeOffset: typeOffset, insertOffset: bytes.count, finish: finish))
    count += 1
  }

  /// The whole container with length and closing zero.
  func finish() -> EncodedValue {
    var result: [UInt8] = [0, 0, 0, 0]
    result.reserveCapacity(bytes.count + 5)
    var copied = 0
    for place in pending {
      let value = place.finish()
      bytes[place.typeOffset] = value.type
      result.append(contentsOf: bytes[copied..<place.insertOffset])
      result.append(contentsOf: value.bytes)
      copied = place.insertOffset
    }
    result.append(contentsOf: bytes[copied...])
    result.append(0)
    result.setLength(at: 0)
    return EncodedValue(type: isArray ? BSONType.array : BSONType.document, bytes: result)
  }
}
