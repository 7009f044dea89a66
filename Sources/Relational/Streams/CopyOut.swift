/// A query whose rows are copied to us in binary, for more rows than memory holds.
public struct CopyOut<Row: RowDecodable>: Sendable {
  /// The name, shown in errors and statistics.
  public let name: String
  let sql: String

  /// Copies what a `SELECT` without parameters returns.
  public init(_ name: String, _ sql: String) {
    self.name = name
    self.sql = sql
  }
}

extension Transaction {
  /// The rows of a query, as the server produces them; the copy begins when they are iterated.
  ///
  /// Two round trips before the first row, none after. What one reading of the socket brought is all that is held: a slow
  /// reader makes the server wait. While it runs the transaction takes no other statement (`.misuse`); to issue some
  /// between rows use `cursor`. Leaving the loop early stops the copy, and the transaction goes on. Throws `.decoding`
  /// for a row that does not fit; cancelling stops the copy on the server.
  public func copyOut<Row>(_ copy: CopyOut<Row>) -> CopiedRows<Row> { CopiedRows(transaction: self, copy: copy) }
}

/// Rows that arrive while they are read; each iteration copies anew.
public struct CopiedRows<Row: RowDecodable>: AsyncSequence {
  /// What is iterated.
  public typealias Element = Row
  /// What iterating throws.
  public typealias Failure = RelationalError

  let transaction: Transaction
  let copy: CopyOut<Row>

  /// Begins nothing yet.
  public func makeAsyncIterator() -> Iterator { Iterator(transaction: transaction, copy: copy) }

  /// Reads one row after the other.
  public struct Iterator: AsyncIteratorProtocol {
    let transaction: Transaction
    let copy: CopyOut<Row>
    private var source: CopyOutSource?
    private var rows: [Row] = []
    private var place = 0
    private var isOver = false

    init(transaction: Transaction, copy: CopyOut<Row>) {
      self.transaction = transaction
      self.copy = copy
    }

    /// The next row; waits only when those that have arrived are used up.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RelationalError) -> Row? {
      while place == rows.count {
        if isOver { return nil }
        do throws(RelationalError) {
          try await receive(isolation: actor)
        } catch {
          isOver = true
          source = nil
          throw error
        }
      }
      defer { place += 1 }
      return rows[place]
    }

    private mutating func receive(isolation actor: isolated (any Actor)?) async throws(RelationalError) {
      rows = []
      place = 0
      let source =
        if let source { source } else {
          try await CopyOutSource(transaction, name: copy.name, sql: copy.sql)
        }
      self.source = source
      guard let chunk = try await source.next() else {
        isOver = true
        self.source = nil
        return
      }
      rows = try StatementResult(result: chunk, statement: copy.name).rows(Row.self)
    }
  }
}

/// An open COPY to us. Whoever lets go of it ends it.
final class CopyOutSource: Sendable {
  private let lease: Lease
  private let serial: Int
  private let savepoint: String
  /// The server has sent everything; the last rows may still be read.
  private let isComplete = Flag()
  private let hasEnded = Flag()

  /// Learns the columns first, which the copy itself does not tell, then begins. The savepoint keeps the transaction
  /// usable when the copy has to be stopped.
  init(_ transaction: Transaction, name: String, sql: String) async throws(RelationalError) {
    lease = transaction.lease
    try lease.state.check(depth: transaction.depth)
    let described = try await lease.steps([.describe(sql)], label: name)
    guard let columns = described.last else { throw RelationalError(.server, "the server described nothing") }
    savepoint = lease.state.beginSavepoint()
    lease.state.beginStream()
    let text = "COPY (\(sql)\n) TO STDOUT (FORMAT binary)"
    let begun = await lease.connection.beginCopy(lease.request(.copyOut(text, columns: columns), label: name))
    serial = begun.serial
    if let failure = lease.note(begun.answer).failure {
      end(keep: false)
      throw failure
    }
  }

  deinit {
    guard !hasEnded.isSet else { return }
    if !isComplete.isSet { lease.connection.abandonCopy(serial) }
    end(keep: isComplete.isSet)
  }

  /// The next rows, `nil` after the last ones.
  func next() async throws(RelationalError) -> PQResult? {
    if isComplete.isSet {
      end(keep: true)
      return nil
    }
    let answer = lease.note(await lease.connection.copiedRows(serial, timeout: lease.statementTimeout))
    if let failure = answer.failure {
      end(keep: false)
      throw failure
    }
    if answer.result != nil { isComplete.set() }
    guard let rows = answer.results.first else {
      end(keep: true)
      return nil
    }
    return rows
  }

  private func end(keep: Bool) {
    hasEnded.set()
    lease.state.endStream()
    lease.state.endSavepoint(savepoint, keep: keep)
  }
}
