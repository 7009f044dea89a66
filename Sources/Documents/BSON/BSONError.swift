/// Why bytes are not BSON, or why something cannot become BSON. Carries places and kinds, never values.
public struct BSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: String, Hashable, Sendable {
    /// A length points outside its document, or the bytes end early.
    case length
    /// A type byte that BSON does not define.
    case unknownType
    /// Text that is not UTF-8, or that lacks its closing zero.
    case text
    /// A boolean other than 0 and 1.
    case boolean
    /// Documents inside documents beyond `BSONDocument.maximumDepth`.
    case depth
    /// Bytes after the end of a value.
    case trailingBytes
  }

  /// What is wrong.
  public let reason: Reason
  /// Where, counted in bytes from the start of the outermost document.
  public let offset: Int

  /// The reason and the place, without any value.
  public var description: String { "malformed BSON (\(reason.rawValue)) at byte \(offset)" }
}
