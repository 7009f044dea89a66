/// Which way a statement takes to the server.
public enum Lane: Sendable {
  /// Together with the short reads of all other tasks over a few pipelined connections. Reads only, answered in
  /// milliseconds and without locks: the lane is read-only on the server and all its travellers wait for the slowest.
  case shared
  /// On a connection of its own, taken from the pool.
  case leased
}

/// One SQL statement with a name; values are bound to `$1`, `$2`, … and never become part of the text.
///
/// Statements are constants of a catalogue. The server prepares each once per connection, under its name.
public struct Statement<Row: RowDecodable>: Sendable {
  /// The name, unique in the program; shown in errors and statistics.
  public let name: String
  /// The way it takes when it is issued on a `Database`; inside a transaction or session it always travels there.
  public let lane: Lane
  /// The text.
  public let sql: String
  /// Whether it changes the session for those who come later; known from the text, once.
  let leavesTraces: Bool

  /// A statement.
  public init(_ name: String, lane: Lane = .leased, _ sql: String) {
    self.name = name
    self.lane = lane
    self.sql = sql
    leavesTraces = SessionTraces.areLeft(by: sql)
  }
}

/// A `COPY … FROM STDIN` in binary, for many rows at once.
public struct CopyStatement: Sendable {
  /// The name, shown in errors and statistics.
  public let name: String
  /// How many columns each row has.
  let columnCount: Int
  let sql: String

  /// Copies into these columns of a table, which may carry its schema (`schema.table`).
  public init(_ name: String, table: String, columns: [String]) {
    self.name = name
    columnCount = columns.count
    let place = table.split(separator: ".").map { quoted(String($0)) }.joined(separator: ".")
    sql = "COPY \(place) (\(columns.map(quoted).joined(separator: ", "))) FROM STDIN (FORMAT binary)"
  }
}

/// An identifier as SQL text, whatever it contains.
func quoted(_ identifier: String) -> String {
  "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

/// Takes the values of one row that is copied, in the order of the columns.
public struct CopyRow {
  var writer = SQLWriter()
  private(set) var failure: EncodingFailure?
  private(set) var count = 0

  /// Appends the next column. A value that cannot be sent ends the whole copy with an error.
  public mutating func append(_ value: some SQLEncodable) {
    count += 1
    guard failure == nil else { return }
    do throws(EncodingFailure) { try writer.write(value: value) } catch { failure = error }
  }

  mutating func begin(columns: Int) {
    count = 0
    writer.write(Int16(columns))
  }
}
