/// What went wrong with PostgreSQL. It never holds values of parameters or rows.
public struct RelationalError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure; an open set, so that new kinds break nobody.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The kind's name.
    public let description: String
    private init(_ name: String) { description = name }

    /// PostgreSQL cannot be reached, or the connection was lost; see `mayHaveTakenEffect`.
    public static let unavailable = Code("unavailable")
    /// All connections stayed in use until the deadline. Nothing was sent.
    public static let acquireTimeout = Code("acquireTimeout")
    /// So many statements wait for the shared lane that no more are taken. Nothing was sent.
    public static let overloaded = Code("overloaded")
    /// A row that must exist does not.
    public static let notFound = Code("notFound")
    /// The statement ran past its deadline and was cancelled on the server.
    public static let deadline = Code("deadline")
    /// The task was cancelled, and the server asked to stop what was under way; see `mayHaveTakenEffect`.
    public static let cancelled = Code("cancelled")
    /// The answer to COMMIT did not arrive: the transaction may or may not have taken effect.
    public static let outcomeUnknown = Code("outcomeUnknown")
    /// The task asked for a connection while it holds one already. Use the transaction that is open.
    public static let nestedLease = Code("nestedLease")
    /// The database, or the transaction or session that the call came through, has been closed.
    public static let closed = Code("closed")
    /// COMMIT was answered by a rollback, because an error in the transaction had been ignored.
    public static let rolledBack = Code("rolledBack")
    /// A unique constraint or index refused the row; see `constraint`.
    public static let uniqueViolation = Code("uniqueViolation")
    /// A check constraint refused the row.
    public static let checkViolation = Code("checkViolation")
    /// A row that is referred to is missing or still in use.
    public static let foreignKeyViolation = Code("foreignKeyViolation")
    /// An exclusion constraint refused the row.
    public static let exclusionViolation = Code("exclusionViolation")
    /// A column that must have a value has none.
    public static let notNullViolation = Code("notNullViolation")
    /// The transaction lost against another one, or was the victim of a deadlock; running it again may succeed.
    public static let serialization = Code("serialization")
    /// A parameter cannot be sent. Nothing was sent.
    public static let encoding = Code("encoding")
    /// A row does not fit the Swift type that was to read it.
    public static let decoding = Code("decoding")
    /// The connection string cannot be read.
    public static let configuration = Code("configuration")
    /// A `Transaction` was used while a savepoint inside it is open, or a copied row has the wrong number of columns.
    public static let misuse = Code("misuse")
    /// An advisory lock stayed taken until the deadline.
    public static let lockTimeout = Code("lockTimeout")
    /// The connection that held an advisory lock was lost while the body ran; somebody else may hold the lock now.
    public static let lockLost = Code("lockLost")
    /// Any other error of the server; see `sqlState`.
    public static let server = Code("server")
  }

  /// The kind of failure.
  public let code: Code
  /// The five characters by which PostgreSQL names the error, where it comes from the server.
  public let sqlState: String?
  /// The constraint or unique index that refused the row.
  public let constraint: String?
  /// The table concerned.
  public let table: String?
  /// The name of the statement that failed.
  public internal(set) var statement: String?
  /// The server's or our message, without values.
  public let message: String
  /// Whether what was asked for may have happened all the same.
  ///
  /// `false` when nothing was sent, when the server answered with an error, and for a statement of a transaction whose
  /// COMMIT was never sent; `true` when the answer that would have decided was sent for and did not come.
  public internal(set) var mayHaveTakenEffect = false
  /// What caused it, where there is more to know.
  public let underlying: (any Error)?

  init(
    _ code: Code, _ message: String, sqlState: String? = nil, constraint: String? = nil, table: String? = nil,
    statement: String? = nil, underlying: (any Error)? = nil
  ) {
    self.code = code
    self.sqlState = sqlState
    self.constraint = constraint
    self.table = table
    self.statement = statement
    self.message = message
    self.underlying = underlying
  }

  /// Whether the same call may succeed a little later without any change.
  public var isTransient: Bool {
    switch code {
    case .unavailable, .acquireTimeout, .overloaded, .serialization: true
    default: ["53300", "55P03", "57P01", "57P02", "57P03"].contains(sqlState)
    }
  }

  /// Whether a constraint refused the row.
  public var isConstraintViolation: Bool { sqlState?.hasPrefix("23") ?? false }

  /// Kind, statement, SQLSTATE, constraint and message.
  public var description: String {
    var words = ["\(code)"]
    if let statement { words.append("in \(statement)") }
    if let sqlState { words.append("(\(sqlState))") }
    if let constraint { words.append("constraint \(constraint)") }
    return words.joined(separator: " ") + ": " + message
  }
}

extension RelationalError {
  /// From a failed result.
  init(_ result: PQResult, statement: String?) {
    let state = result.sqlState
    let message = result.primaryMessage
    self.init(
      Self.code(of: state),
      message.isEmpty ? "the connection was lost" : Self.withoutValue(message, state: state), sqlState: state,
      constraint: result.constraint, table: result.table, statement: statement)
  }

  static func cancelled(_ statement: String?) -> RelationalError {
    RelationalError(.cancelled, "the task was cancelled", statement: statement)
  }

  private static func code(of state: String?) -> Code {
    switch state {
    case "23505": .uniqueViolation
    case "23514": .checkViolation
    case "23503", "23001": .foreignKeyViolation
    case "23P01": .exclusionViolation
    case "23502": .notNullViolation
    case "57014": .deadline
    case "40001", "40P01": .serialization
    case "57P01", "57P02", "57P03", nil: .unavailable
    case let state? where state.hasPrefix("08"): .unavailable
    default: .server
    }
  }

  /// Errors about data quote the value after a colon (`invalid input syntax for type uuid: "…"`); it is cut off.
  private static func withoutValue(_ message: String, state: String?) -> String {
    guard state?.hasPrefix("22") ?? false, let colon = message.firstIndex(of: ":") else { return message }
    return String(message[..<colon])
  }
}
