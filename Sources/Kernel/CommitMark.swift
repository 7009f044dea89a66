/// A place in the order of commits; a read that carries it sees at least that commit.
///
/// It is the id of the PostgreSQL transaction (`xid8`): comparable for equality and order of starting, opaque to callers.
public struct CommitMark: Hashable, Sendable, Codable, LosslessStringConvertible {
  /// The transaction's id.
  public let transaction: UInt64

  /// The mark of a transaction.
  public init(transaction: UInt64) { self.transaction = transaction }

  /// Reads a mark as printed; `nil` for anything else.
  public init?(_ description: String) {
    guard let transaction = UInt64(description) else { return nil }
    self.init(transaction: transaction)
  }

  /// Decimal digits.
  public var description: String { String(transaction) }

  /// Reads decimal digits; throws `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let mark = CommitMark(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a mark"))
    }
    self = mark
  }

  /// Writes decimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
