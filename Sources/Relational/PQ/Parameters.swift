/// The values of one call in binary, with the type of each.
package struct Parameters: Sendable {
  private(set) var types: [UInt32] = []
  private var writer = SQLWriter()
  /// Where each value lies; length -1 is null.
  private var places: [(offset: Int, length: Int32)] = []

  var count: Int { places.count }
  var byteCount: Int { writer.bytes.count }

  /// Encodes on the caller's thread; a failure names the parameter's number, never its value.
  package init(_ values: [any SQLEncodable]) throws(EncodingFailure) {
    types.reserveCapacity(values.count)
    places.reserveCapacity(values.count)
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

  /// Hands out the three lists that libpq wants.
  func withPointers<T>(
    _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> T
  ) -> T {
    writer.bytes.withUnsafeBytes { buffer in
      let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      return body(
        places.map { $0.length < 0 ? nil : base?.advanced(by: $0.offset) },
        places.map { max(0, $0.length) },
        Array(repeating: 1, count: places.count))
    }
  }
}
