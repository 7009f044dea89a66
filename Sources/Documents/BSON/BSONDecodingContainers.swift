/// The keys of one document. Types ask in the order in which they were written, so a look-up begins behind the last hit.
final class KeyIndex {
  let bytes: [UInt8]
  let elements: [BSONElement]
  private var hint = 0

  init(bytes: [UInt8], elements: [BSONElement]) {
    self.bytes = bytes
    self.elements = elements
  }

  func find(_ key: String) -> EncodedPlace? {
    let reader = BSONReader(trusted: bytes)
    for step in 0..<elements.count {
      let index = (hint + step) % elements.count
      if reader.key(of: elements[index], equals: key) {
        hint = index + 1
        return EncodedPlace(bytes: bytes, element: elements[index])
      }
    }
    return nil
  }

  var keys: [String] { elements.map { BSONReader(trusted: bytes).key(of: $0) } }
}

struct KeyedPlaces<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let index: KeyIndex
  let codingPath: [any CodingKey]

  var allKeys: [Key] { index.keys.compactMap { Key(stringValue: $0) } }

  private func path(_ key: some CodingKey) -> [any CodingKey] { codingPath + [key] }

  private func place(_ key: some CodingKey) throws -> EncodedPlace {
    guard let place = index.find(key.stringValue) else {
      throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
    }
    return place
  }

  func contains(_ key: Key) -> Bool { index.find(key.stringValue) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try place(key).isNil }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try place(key).bool(path(key)) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try place(key).string(path(key)) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try place(key).double(path(key)) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try place(key).double(path(key))) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try place(key).integer(type, path(key)) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try place(key).integer(type, path(key)) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try place(key).integer(type, path(key)) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try place(key).integer(type, path(key)) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try place(key).integer(type, path(key)) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try place(key).integer(type, path(key)) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try place(key).integer(type, path(key)) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try place(key).integer(type, path(key)) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try place(key).integer(type, path(key)) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try place(key).integer(type, path(key)) }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try place(key).decode(type, path: path(key))
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder(forKey: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try superDecoder(forKey: key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    PlaceDecoder(place: try place(IndexKey.superKey), codingPath: path(IndexKey.superKey))
  }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    PlaceDecoder(place: try place(key), codingPath: path(key))
  }
}

struct UnkeyedPlaces: UnkeyedDecodingContainer {
  let bytes: [UInt8]
  let elements: [BSONElement]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(bytes: [UInt8], elements: [BSONElement], codingPath: [any CodingKey]) {
    self.bytes = bytes
    self.elements = elements
    self.codingPath = codingPath
  }

  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex == elements.count }
  private var path: [any CodingKey] { codingPath + [IndexKey(currentIndex)] }

  private func place() throws -> EncodedPlace {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(Any.self, .init(codingPath: path, debugDescription: "the list has ended"))
    }
    return EncodedPlace(bytes: bytes, element: elements[currentIndex])
  }

  /// Steps on only when the value could be read, as `Codable` promises.
  private mutating func step<T>(_ read: (EncodedPlace, [any CodingKey]) throws -> T) throws -> T {
    let value = try read(place(), path)
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard try place().isNil else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try step { try $0.bool($1) } }
  mutating func decode(_ type: String.Type) throws -> String { try step { try $0.string($1) } }
  mutating func decode(_ type: Double.Type) throws -> Double { try step { try $0.double($1) } }
  mutating func decode(_ type: Float.Type) throws -> Float { try step { Float(try $0.double($1)) } }
  mutating func decode(_ type: Int.Type) throws -> Int { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try step { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try step { try $0.integer(type, $1) } }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try step { try $0.decode(type, path: $1) } }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try superDecoder().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try superDecoder().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try step { PlaceDecoder(place: $0, codingPath: $1) } }
}

struct SinglePlace: SingleValueDecodingContainer {
  let place: EncodedPlace
  let codingPath: [any CodingKey]

  func decodeNil() -> Bool { place.isNil }
  func decode(_ type: Bool.Type) throws -> Bool { try place.bool(codingPath) }
  func decode(_ type: String.Type) throws -> String { try place.string(codingPath) }
  func decode(_ type: Double.Type) throws -> Double { try place.double(codingPath) }
  func decode(_ type: Float.Type) throws -> Float { Float(try place.double(codingPath)) }
  func decode(_ type: Int.Type) throws -> Int { try place.integer(type, codingPath) }
  func decode(_ type: Int8.Type) throws -> Int8 { try place.integer(type, codingPath) }
  func decode(_ type: Int16.Type) throws -> Int16 { try place.integer(type, codingPath) }
  func decode(_ type: Int32.Type) throws -> Int32 { try place.integer(type, codingPath) }
  func decode(_ type: Int64.Type) throws -> Int64 { try place.integer(type, codingPath) }
  func decode(_ type: UInt.Type) throws -> UInt { try place.integer(type, codingPath) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try place.integer(type, codingPath) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try place.integer(type, codingPath) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try place.integer(type, codingPath) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try place.integer(type, codingPath) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try place.decode(type, path: codingPath) }
}
