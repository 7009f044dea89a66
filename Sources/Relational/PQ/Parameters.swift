/// The values of one call in binary, with the type of each.
package struct Parameters: Sendable {
  private(set) var types: [UInt32] = []
  private var writer = SQLWriter()
  /// Where each value lies; length -1 is null.
  private var places: [(offset: Int, length: Int32)] = []

  var count: Int { places.count }
  var byteCount: Int { writer.bytes.count }

  /// A single value that is encoded already.
  init(_ type: SQLType, _ writer: SQLWriter) {
    types = [type.oid]
    places = [(0, Int32(writer.bytes.count))]
    self.writer = writer
    self.writer.write(UInt8(0))
  }

  /// Encodes on the caller's thread; a failure names the parameter's number, never its value.
  package init(_ values: [any SQLEncodable]) throws(EncodingFailure) {
    types.reserveCapacity(values.count)
    places.reserveCapacity(values.count)
    writer.bytes.reserveCapacity(16 * values.count + 1)
    for (index, value) in values.enumerated() {
      do throws(EncodingFailure) { try append(value) } catch {
        throw EncodingFailure("parameter $\(index + 1): \(error.description)")
      }
    }
    // A null pointer means null to libpq, so even an empty value needs an address.
    writer.write(UInt8(0))
  }

  private mutating func append<Value: SQLEncodable>(_ value: Value) throws(EncodingFailure) {
    let offset = writer.bytes.count
    types.append(Value.sqlType.oid)
    if value.isSQLNull {
      places.append((offset, -1))
    } else {
      try value.encode(into: &writer)
      places.append((offset, Int32(writer.bytes.count - offset)))
    }
  }

  /// Hands out the three lists that libpq wants, on the stack.
  func withPointers<T>(
    _ body: (
      _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
      _ formats: UnsafePointer<Int32>?
    ) -> T
  ) -> T {
    let count = places.count
    return writer.bytes.withUnsafeBytes { buffer in
      let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { numbers in
          for (index, place) in places.enumerated() {
            values.initializeElement(at: index, to: place.length < 0 ? nil : base?.advanced(by: place.offset))
            numbers.initializeElement(at: index, to: max(0, place.length))
            numbers.initializeElement(at: count + index, to: 1)
          }
          let lengths = numbers.baseAddress
          return body(
            values.baseAddress.map { UnsafePointer($0) }, lengths.map { UnsafePointer($0) },
            lengths.map { UnsafePointer($0 + count) })
        }
      }
    }
  }
}
