/// Why a call to the document store failed, and whether it may have taken effect.
///
/// Messages name kinds, codes and indexes, never values: what a server says about a refused document contains the document.
public struct DocumentError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name as printed.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// No server could be reached, or the connection broke.
    public static let unavailable = Code("unavailable")
    /// The deadline passed, in the queue or during the call.
    public static let deadline = Code("deadline")
    /// The task was cancelled.
    public static let cancelled = Code("cancelled")
    /// The store was closed.
    public static let closed = Code("closed")
    /// A unique index holds the same key already.
    public static let duplicateKey = Code("duplicateKey")
    /// Another writer was at the same document; trying again may succeed.
    public static let writeConflict = Code("writeConflict")
    /// A document is larger than the store takes.
    public static let tooLarge = Code("tooLarge")
    /// A document does not satisfy the collection's validator.
    public static let refused = Code("refused")
    /// Name, password or rights are wrong.
    public static let unauthorized = Code("unauthorized")
    /// The URI, a filter or an update is not one; a programming or configuration error.
    public static let invalid = Code("invalid")
    /// The server answered with another error; see `serverCode`.
    public static let server = Code("server")
    /// What came back is not BSON, or not what the caller's type expects.
    public static let decoding = Code("decoding")
  }

  /// The kind of failure.
  public let code: Code
  /// The server's number for it, when a server answered.
  public let serverCode: Int32?
  /// Whether the call may have changed something all the same. Always `false` for reads.
  public let mayHaveHappened: Bool
  /// The server's labels, for example `TransientTransactionError`.
  public let labels: [String]
  /// The index that refused a duplicate.
  public let index: String?
  /// What happened, for people; without values.
  public let message: String

  init(
    _ code: Code, _ message: String, serverCode: Int32? = nil, mayHaveHappened: Bool = false, labels: [String] = [],
    index: String? = nil
  ) {
    self.code = code
    self.serverCode = serverCode
    self.mayHaveHappened = mayHaveHappened
    self.labels = labels
    self.index = index
    self.message = message
  }

  /// Whether the same call may succeed later without a change.
  public var isTransient: Bool {
    code == .unavailable || code == .deadline || code == .writeConflict || labels.contains("TransientTransactionError")
      || labels.contains("RetryableWriteError")
  }

  /// Kind and message.
  public var description: String {
    "\(code): \(message)\(mayHaveHappened ? " (it may have taken effect)" : "")"
  }

  /// The same failure of a call that may have taken effect.
  func afterPossibleEffect(_ possible: Bool = true) -> DocumentError {
    DocumentError(
      code, message, serverCode: serverCode, mayHaveHappened: possible || mayHaveHappened, labels: labels, index: index)
  }
}

extension DocumentError {
  static let closedStore = DocumentError(.closed, "the document store was closed")
  static let malformedReply = DocumentError(.decoding, "the server's answer is not well-formed")

  /// A failure that the server reported with its number.
  static func server(_ number: Int32, name: String?, text: String, labels: [String], isWrite: Bool) -> DocumentError {
    let code = kind(ofServerCode: number)
    let said = "the server answered with code \(number)" + (name.map { " (\($0))" } ?? "")
    let index = code == .duplicateKey ? indexName(in: text) : nil
    return DocumentError(
      code, index.map { "\(said): duplicate in index \($0)" } ?? said, serverCode: number,
      // A server that was interrupted or stopped in the middle does not say how far it got.
      mayHaveHappened: isWrite && (code == .deadline || code == .unavailable), labels: labels, index: index)
  }

  /// MongoDB's error numbers, as far as callers act on them (its `error_codes.yml`).
  private static func kind(ofServerCode number: Int32) -> Code {
    switch number {
    case 11000, 11001, 12582: .duplicateKey
    case 112: .writeConflict
    case 50, 262: .deadline
    case 10334, 17280: .tooLarge
    case 121: .refused
    case 13, 18: .unauthorized
    case 6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436: .unavailable
    default: .server
    }
  }

  /// The index named in "… index: NAME dup key: …"; the name is ours, what follows it is data.
  private static func indexName(in text: String) -> String? {
    guard let start = text.firstRange(of: " index: ")?.upperBound else { return nil }
    let name = text[start...].prefix { $0 != " " }
    return name.isEmpty ? nil : String(name)
  }
}
