// Documents and values may be properties of `Codable` types: the part of a record whose shape is not fixed. Our encoder
// and decoder take them as they are and never call what stands here; other formats have no place for them.

extension BSONDocument: Codable {
  /// Only `BSONDecoder` can give a document.
  public init(from decoder: any Decoder) throws { throw onlyBSON(decoder) }

  /// Only `BSONEncoder` can take a document.
  public func encode(to encoder: any Encoder) throws { throw onlyBSON(encoder) }
}

extension BSONValue: Codable {
  /// Only `BSONDecoder` can give a value.
  public init(from decoder: any Decoder) throws { throw onlyBSON(decoder) }

  /// Only `BSONEncoder` can take a value.
  public func encode(to encoder: any Encoder) throws { throw onlyBSON(encoder) }
}

extension ObjectID: Codable {
  /// Only `BSONDecoder` can give an object id.
  public init(from decoder: any Decoder) throws { throw onlyBSON(decoder) }

  /// Only `BSONEncoder` can take an object id.
  public func encode(to encoder: any Encoder) throws { throw onlyBSON(encoder) }
}

extension BSONDecimal128: Codable {
  /// Only `BSONDecoder` can give a decimal number.
  public init(from decoder: any Decoder) throws { throw onlyBSON(decoder) }

  /// Only `BSONEncoder` can take a decimal number.
  public func encode(to encoder: any Encoder) throws { throw onlyBSON(encoder) }
}

private func onlyBSON(_ decoder: any Decoder) -> DecodingError {
  .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "this type exists in BSON only"))
}

private func onlyBSON(_ encoder: any Encoder) -> EncodingError {
  .invalidValue("", .init(codingPath: encoder.codingPath, debugDescription: "this type exists in BSON only"))
}
