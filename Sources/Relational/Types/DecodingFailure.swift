/// Why a row could not be read; it never holds the value.
public struct DecodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What did not fit.
  public enum Reason: Hashable, Sendable {
    /// The column has another type than the Swift type reads.
    case type(expected: SQLType, actual: SQLType)
    /// The column is null, the Swift type is not optional.
    case null(expected: SQLType)
    /// The bytes are not a value of that type.
    case malformed(SQLType)
    /// PostgreSQL's `infinity`, which has no counterpart.
    case infinity(SQLType)
    /// The row ended before the Swift type did.
    case missingColumn
    /// The Swift type ended before the row did.
    case extraColumns(Int)
    /// What a row type of the application found wrong; must not contain the value.
    case refused(String)
  }

  /// What did not fit.
  public let reason: Reason
  /// The column, from 0, where known.
  public let column: Int?

  /// A failure; the column is filled in by the reader.
  public init(_ reason: Reason, column: Int? = nil) {
    self.reason = reason
    self.column = column
  }

  /// The reason in words.
  public var description: String {
    switch reason {
    case .type(let expected, let actual): "expected \(expected), the column is \(actual)"
    case .null(let expected): "null where \(expected) is not optional"
    case .malformed(let type): "malformed \(type)"
    case .infinity(let type): "infinite \(type)"
    case .missingColumn: "the row has fewer columns than are read"
    case .extraColumns(let count): "the row has \(count) columns that nobody reads"
    case .refused(let why): why
    }
  }
}
