import Synchronization

extension Transaction {
  /// The rows of a query in portions of `fetch`, for results that memory does not hold while the transaction goes on.
  ///
  /// One round trip for each portion, the first together with BEGIN and opening; the next one is under way while the
  /// present one is read, so two portions are held, and a row that cannot be computed may be noticed early. Between rows
  /// the transaction may issue other statements. Leaving the loop early closes the cursor with the next statement.
  /// Cancelling stops the portion under way on the server.
  public func cursor<Row>(
    _ statement: Statement<Row>, _ values: any SQLEncodable..., fetch: Int = 1000
  ) -> CursorRows<Row> {
    CursorRows(transaction: self, statement: statement, values: values, fetch: max(1, fetch))
  }
}

/// Rows that are fetched while they are read; each iteration opens a cursor of its own.
public struct CursorRows<Row: RowDecodable>: AsyncSequence {
  /// What is iterated.
  public typealias Element = Row
  /// What iterating throws.
  public typealias Failure = RelationalError

  let transaction: Transaction
  let statement: Statement<Row>
  let values: [any SQLEncodable]
  let fetch: Int

  /// Opens nothing yet.
  public func makeAsyncIterator() -> Iterator { Iterator(rows: self) }

  /// Reads one row after the other.
  public struct Iterator: AsyncIteratorProtocol {
    private let origin: CursorRows
    private var source: CursorSource?
    private var rows: [Row] = []
    private var place = 0
    private var isOver = false

    init(rows: CursorRows) { origin = rows }

    /// The next row; waits only when those that have been fetched are used up.
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
      let portion: PQResult
      if let source {
        portion = try await source.next()
      } else {
        let call = try StatementCall(origin.statement, origin.values)
        let source = CursorSource(origin.transaction, call, fetch: origin.fetch)
        portion = try await source.open()
        self.source = source
      }
      isOver = portion.rowCount < Int32(origin.fetch)
      if isOver { source = nil } else { source?.fetchAhead() }
      rows = try StatementResult(result: portion, statement: origin.statement.name).rows(Row.self)
    }
  }
}

/// An open cursor. Whoever lets go of it closes it.
final class CursorSource: Sendable {
  private let transaction: Transaction
  private let call: StatementCall
  private let fetch: String
  private let name: String
  private let rollbacks: Int
  private let ahead = Mutex<PendingAnswer?>(nil)
  private let isOpen = Flag()

  init(_ transaction: Transaction, _ call: StatementCall, fetch: Int) {
    self.transaction = transaction
    self.call = call
    (name, rollbacks) = transaction.lease.state.newCursor()
    self.fetch = "FETCH FORWARD \(fetch) FROM \(name)"
  }

  deinit {
    if isOpen.isSet { transaction.lease.state.closeCursor(name, rollbacks: rollbacks) }
  }

  /// Opens the cursor and fetches the first portion.
  func open() async throws(RelationalError) -> PQResult {
    let lease = transaction.lease
    try lease.state.check(depth: transaction.depth)
    let declare = "DECLARE \(name) NO SCROLL CURSOR FOR \(call.sql)"
    let results = try await lease.steps([.direct(declare, call.parameters), .command(fetch)], label: call.name)
    guard let first = results.last else { throw RelationalError(.server, "the server sent no result") }
    isOpen.set()
    return first
  }

  /// Asks for the next portion before anybody waits for it. It is not cancelled when the reader leaves: that would cost
  /// the transaction.
  func fetchAhead() {
    let lease = transaction.lease
    let pending = lease.connection.begin(lease.request(.steps([.command(fetch)]), label: call.name))
    ahead.withLock { $0 = pending }
  }

  /// The portion that was asked for ahead.
  func next() async throws(RelationalError) -> PQResult {
    guard let pending = ahead.withLock({ $0 }) else { return try await open() }
    return try transaction.lease.note(await pending.get()).get()
  }
}
