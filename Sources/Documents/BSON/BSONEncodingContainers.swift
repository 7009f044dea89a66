/// A place in a list as a coding key.
struct IndexKey: CodingKey {
  let intValue: Int?
  var stringValue: String { intValue.map(String.init) ?? "super" }

  init(_ index: Int) { intValue = index }
  init(intValue: Int) { self.intValue = intValue }
  init?(stringValue: String) {
    guard stringValue != "super" else {
      intValue = nil
      return
    }
    guard let index = Int(stringValue) else { return nil }
    intValue = index
  }

  /// The key that `superEncoder()` and `superDecoder()` use.
  static var superKey: IndexKey { IndexKey(stringValue: "super") ?? IndexKey(0) }
}

/// Integers as BSON keeps them; `nil` for one beyond 64 bits.
func bsonInteger(_ number: some FixedWidthInteger) -> BSONValue? {
  if number is Int64 || number is Int || number is UInt32 { return Int64(exactly: number).map(BSONValue.int64) }
  return Int32(exactly: number).map(BSONValue.int32) ?? Int64(exactly: number).map(BSONValue.int64)
}

struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let buffer: ContainerBuffer
  let codingPath: [any CodingKey]

  private func add(_ value: BSONValue, _ key: Key) throws { buffer.append(EncodedValue(value), key: try name(key)) }

  private func add(_ number: some FixedWidthInteger, _ key: Key) throws {
    guard let value = bsonInteger(number) else { throw tooLarge(number, path: codingPath + [key]) }
    try add(value, key)
  }

  private func name(_ key: some CodingKey) throws -> String {
    guard !key.stringValue.utf8.contains(0) else {
      throw EncodingError.invalidValue(
        key.stringValue, .init(codingPath: codingPath, debugDescription: "a key contains a zero byte"))
    }
    return key.stringValue
  }

  func encodeNil(forKey key: Key) throws { try add(.null, key) }
  func encode(_ value: Bool, forKey key: Key) throws { try add(.bool(value), key) }
  func encode(_ value: String, forKey key: Key) throws { try add(.string(value), key) }
  func encode(_ value: Double, forKey key: Key) throws { try add(.double(value), key) }
  func encode(_ value: Float, forKey key: Key) throws { try add(.double(Double(value)), key) }
  func encode(_ value: Int, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try add(value, key) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    buffer.append(try ValueEncoder.encode(value, path: codingPath + [key]), key: try name(key))
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested>
  {
    child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { child(key).unkeyedContainer() }
  func superEncoder() -> any Encoder { child(IndexKey.superKey) }
  func superEncoder(forKey key: Key) -> any Encoder { child(key) }

  private func child(_ key: some CodingKey) -> ValueEncoder {
    let encoder = ValueEncoder(path: codingPath + [key])
    // These calls cannot throw, so a zero byte, which no key written in code has, is dropped from the key.
    buffer.reserve(key: key.stringValue.filter { $0 != "\0" }) { encoder.finish() }
    return encoder
  }
}

struct UnkeyedWriter: UnkeyedEncodingContainer {
  let buffer: ContainerBuffer
  let codingPath: [any CodingKey]
  var count: Int { buffer.count }

  private func add(_ value: BSONValue) { buffer.append(EncodedValue(value), key: String(count)) }

  private func add(_ number: some FixedWidthInteger) throws {
    guard let value = bsonInteger(number) else { throw tooLarge(number, path: codingPath + [IndexKey(count)]) }
    add(value)
  }

  func encodeNil() { add(.null) }
  func encode(_ value: Bool) { add(.bool(value)) }
  func encode(_ value: String) { add(.string(value)) }
  func encode(_ value: Double) { add(.double(value)) }
  func encode(_ value: Float) { add(.double(Double(value))) }
  func encode(_ value: Int) throws { try add(value) }
  func encode(_ value: Int8) throws { try add(value) }
  func encode(_ value: Int16) throws { try add(value) }
  func encode(_ value: Int32) throws { try add(value) }
  func encode(_ value: Int64) throws { try add(value) }
  func encode(_ value: UInt) throws { try add(value) }
  func encode(_ value: UInt8) throws { try add(value) }
  func encode(_ value: UInt16) throws { try add(value) }
  func encode(_ value: UInt32) throws { try add(value) }
  func encode(_ value: UInt64) throws { try add(value) }

  func encode<T: Encodable>(_ value: T) throws {
    buffer.append(try ValueEncoder.encode(value, path: codingPath + [IndexKey(count)]), key: String(count))
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    child().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
  func superEncoder() -> any Encoder { child() }

  private func child() -> ValueEncoder {
    let encoder = ValueEncoder(path: codingPath + [IndexKey(count)])
    buffer.reserve(key: String(count)) { encoder.finish() }
    return encoder
  }
}

struct SingleWriter: SingleValueEncodingContainer {
  let encoder: ValueEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  private func set(_ value: BSONValue) { encoder.set(EncodedValue(value)) }

  private func set(_ number: some FixedWidthInteger) throws {
    guard let value = bsonInteger(number) else { throw tooLarge(number, path: codingPath) }
    set(value)
  }

  func encodeNil() { set(.null) }
  func encode(_ value: Bool) { set(.bool(value)) }
  func encode(_ value: String) { set(.string(value)) }
  func encode(_ value: Double) { set(.double(value)) }
  func encode(_ value: Float) { set(.double(Double(value))) }
  func encode(_ value: Int) throws { try set(value) }
  func encode(_ value: Int8) throws { try set(value) }
  func encode(_ value: Int16) throws { try set(value) }
  func encode(_ value: Int32) throws { try set(value) }
  func encode(_ value: Int64) throws { try set(value) }
  func encode(_ value: UInt) throws { try set(value) }
  func encode(_ value: UInt8) throws { try set(value) }
  func encode(_ value: UInt16) throws { try set(value) }
  func encode(_ value: UInt32) throws { try set(value) }
  func encode(_ value: UInt64) throws { try set(value) }
  func encode<T: Encodable>(_ value: T) throws { encoder.set(try ValueEncoder.encode(value, path: codingPath)) }
}

private func tooLarge(_ number: some FixedWidthInteger, path: [any CodingKey]) -> EncodingError {
  .invalidValue(number, .init(codingPath: path, debugDescription: "an integer beyond 64 bits"))
}
