/// COPY to the server from begin to end; whatever goes wrong on our side is told to the server, which then keeps nothing.
struct CopyInSink {
  private let lease: Lease
  private let copy: CopyStatement
  private let serial: Int
  private var row = CopyRow()
  /// Why the copy is of no use any more.
  private(set) var problem: RelationalError?

  init(_ lease: Lease, _ copy: CopyStatement) async throws(RelationalError) {
    self.lease = lease
    self.copy = copy
    lease.state.beginStream()
    let begun = await lease.connection.beginCopy(lease.request(.copyIn(copy.sql), label: copy.name))
    serial = begun.serial
    if let failure = lease.note(begun.answer).failure {
      lease.state.endStream()
      throw failure
    }
    row.writer.write(bytes: Self.signature)
  }

  /// Appends a row. Pieces of 64 KiB are sent when they are full, and the next row waits until the socket took them.
  mutating func append<Element>(_ element: Element, _ write: (Element, inout CopyRow) -> Void) async {
    row.begin(columns: copy.columnCount)
    write(element, &row)
    if let failure = row.failure {
      problem = RelationalError(.encoding, failure.description, statement: copy.name, underlying: failure)
    } else if row.count != copy.columnCount {
      problem = RelationalError(.misuse, "a row has another number of columns", statement: copy.name)
    } else if row.writer.bytes.count >= 65_536 {
      await send()
    }
  }

  /// Ends the copy; how many rows the server has taken.
  mutating func end() async throws(RelationalError) -> Int {
    if problem == nil {
      row.writer.write(Int16(-1))
      await send()
    }
    let answer = await abort(problem.map { "\($0.code)" })
    if let problem { throw problem }
    return try answer.get().affectedRows
  }

  /// Ends the copy, with a reason to throw everything away.
  @discardableResult
  func abort(_ reason: String?) async -> Answer {
    let answer = await lease.connection.endCopy(serial, error: reason, timeout: lease.statementTimeout)
    lease.state.endStream()
    return lease.note(answer)
  }

  private mutating func send() async {
    let answer = await lease.connection.copy(serial, row.writer.bytes, timeout: lease.statementTimeout)
    row.writer.bytes.removeAll(keepingCapacity: true)
    problem = problem ?? lease.note(answer).failure
  }

  /// The eleven bytes that every binary copy begins with, flags and the length of an extension.
  private static let signature: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
}

extension Transaction {
  /// Copies rows into a table in binary, the fastest way in; returns how many.
  ///
  /// Rows are encoded by the calling task and sent in pieces of 64 KiB; the connection never holds more than one. Any
  /// failure undoes the copy and, as every error, the transaction. Cancelling ends the copy on the server. Meanwhile the
  /// transaction takes no other statement: `.misuse`.
  @discardableResult
  public func copyIn<Rows: Sequence>(
    _ copy: CopyStatement, _ rows: Rows, _ write: (Rows.Element, inout CopyRow) -> Void
  ) async throws(RelationalError) -> Int {
    try lease.state.check(depth: depth)
    var stream = try await CopyInSink(lease, copy)
    for row in rows {
      await stream.append(row, write)
      if stream.problem != nil { break }
    }
    return try await stream.end()
  }

  /// Copies rows into a table as they come; returns how many.
  ///
  /// As `copyIn` of a sequence. The next row is asked for when the socket has taken those before, so a slow server slows
  /// the producer down. What the producer throws undoes the copy and is thrown on.
  @discardableResult
  public func copyIn<Rows: AsyncSequence>(
    _ copy: CopyStatement, from rows: Rows, _ write: (Rows.Element, inout CopyRow) -> Void
  ) async throws -> Int {
    try lease.state.check(depth: depth)
    var stream = try await CopyInSink(lease, copy)
    do {
      for try await row in rows {
        await stream.append(row, write)
        if stream.problem != nil { break }
      }
    } catch {
      await stream.abort("the producer failed")
      throw error
    }
    return try await stream.end()
  }
}
