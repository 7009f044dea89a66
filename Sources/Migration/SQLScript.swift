/// One statement of a script, ready to be sent alone.
public struct SQLStatementText: Sendable, Hashable {
  /// The statement without its semicolon and without the comments before it.
  public let text: String
  /// The line of the script that it begins on, from 1.
  public let line: Int
  /// Its first words in lower case, keywords and unquoted names, at most 64.
  public let words: [String]
}

/// Why a script cannot be cut into statements.
public struct SQLScriptError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The line where the trouble begins, from 1.
  public let line: Int
  /// What it is.
  public let problem: String

  /// `line 12: a quoted string does not end`.
  public var description: String { "line \(line): \(problem)" }
}

/// Cuts a PostgreSQL script into its statements, so that each can be sent alone.
///
/// Several statements in one message would run in one implicit transaction, which `CREATE INDEX CONCURRENTLY` refuses.
/// Follows the lexical rules of PostgreSQL (chapter 4.1 of its manual) with `standard_conforming_strings` on, and psql
/// in what encloses semicolons: parentheses (`CREATE RULE … DO (a; b)`) and the bodies of `BEGIN ATOMIC … END`.
public enum SQLScript {
  /// The statements in order; pieces that hold only comments are left out.
  public static func statements(of script: String) throws(SQLScriptError) -> [SQLStatementText] {
    var splitter = SQLSplitter(script)
    return try splitter.split()
  }
}
