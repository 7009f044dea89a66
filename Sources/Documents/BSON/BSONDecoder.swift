/// Makes `Decodable` values from documents, reading the bytes in place.
///
/// The counterpart of `BSONEncoder`. Numbers convert between the number types when nothing is lost. Keys that the type
/// does not know are passed over.
public struct BSONDecoder: Sendable {
  /// A decoder without settings.
  public init() {}

  /// A value from a document. Throws `DecodingError`; its text names keys and types, not values.
  public func decode<T: Decodable>(_ type: T.Type, from document: BSONDocument) throws -> T {
    let element = BSONElement(type: BSONType.document, key: 0..<0, value: 0..<document.bytes.count)
    return try EncodedPlace(bytes: document.bytes, element: element).decode(type, path: [])
  }
}

extension BSONDocument {
  /// This document as a value; errors as `BSONDecoder.decode`.
  public func decoded<T: Decodable>(as type: T.Type = T.self) throws -> T { try BSONDecoder().decode(type, from: self) }
}

/// Where a value lies in a checked buffer.
struct EncodedPlace {
  let bytes: [UInt8]
  let element: BSONElement

  private var start: Int { element.value.lowerBound }
  private var value: BSONValue { BSONReader(trusted: bytes).trustedValue(of: element) }

  var isNil: Bool { element.type == BSONType.null || element.type == BSONType.undefined }

  func decode<T: Decodable>(_ type: T.Type, path: [any CodingKey]) throws -> T {
    if let convertible = type as? any BSONConvertible.Type {
      // A whole document as itself: the bytes are there already.
      guard let made = convertible.init(bsonValue: value) as? T else { throw mismatch(type, path) }
      return made
    }
    return try T(from: PlaceDecoder(place: self, codingPath: path))
  }

  func bool(_ path: [any CodingKey]) throws -> Bool {
    guard element.type == BSONType.bool else { throw mismatch(Bool.self, path) }
    return bytes[start] == 1
  }

  func string(_ path: [any CodingKey]) throws -> String {
    guard element.type == BSONType.string || element.type == BSONType.symbol else { throw mismatch(String.self, path) }
    return BSONReader(trusted: bytes).text(at: start)
  }

  func integer<N: FixedWidthInteger>(_ type: N.Type, _ path: [any CodingKey]) throws -> N {
    let number: N? =
      switch element.type {
      case BSONType.int32: N(exactly: bytes.int32(at: start))
      case BSONType.int64: N(exactly: Int64(bitPattern: bytes.uint64(at: start)))
      case BSONType.double: N(exactly: Double(bitPattern: bytes.uint64(at: start)))
      default: throw mismatch(type, path)
      }
    guard let number else {
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "the number does not fit in \(type)"))
    }
    return number
  }

  func double(_ path: [any CodingKey]) throws -> Double {
    let number: Double? =
      switch element.type {
      case BSONType.double: Double(bitPattern: bytes.uint64(at: start))
      case BSONType.int32: Double(bytes.int32(at: start))
      case BSONType.int64: Double(exactly: Int64(bitPattern: bytes.uint64(at: start)))
      default: throw mismatch(Double.self, path)
      }
    guard let number else {
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "the number does not fit in Double"))
    }
    return number
  }

  /// The elements of a document or list.
  func elements(of type: UInt8, as wanted: any Any.Type, _ path: [any CodingKey]) throws -> [BSONElement] {
    guard element.type == type else { throw mismatch(wanted, path) }
    var reader = BSONReader(trusted: bytes, at: start)
    var elements: [BSONElement] = []
    while let element = reader.nextTrusted() { elements.append(element) }
    return elements
  }

  func mismatch(_ type: any Any.Type, _ path: [any CodingKey]) -> DecodingError {
    let found = "BSON type 0x" + String(element.type, radix: 16)
    return isNil
      ? .valueNotFound(type, .init(codingPath: path, debugDescription: "null where a value belongs"))
      : .typeMismatch(type, .init(codingPath: path, debugDescription: "found \(found)"))
  }
}

/// The decoder that one value sees.
struct PlaceDecoder: Decoder {
  let place: EncodedPlace
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    let elements = try place.elements(of: BSONType.document, as: [String: Any].self, codingPath)
    return KeyedDecodingContainer(
      KeyedPlaces<Key>(index: KeyIndex(bytes: place.bytes, elements: elements), codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let elements = try place.elements(of: BSONType.array, as: [Any].self, codingPath)
    return UnkeyedPlaces(bytes: place.bytes, elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SinglePlace(place: place, codingPath: codingPath) }
}
