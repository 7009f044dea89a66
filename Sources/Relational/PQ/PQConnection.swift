import CLibpq

/// libpq's connection under libpq's names. Not thread-safe: its owner confines it to one event loop.
package final class PQConnection {
  private let pointer: OpaquePointer

  package enum Polling { case reading, writing, ok, failed }
  package enum Flush { case done, more, failed }
  enum TransactionStatus: UInt8, Sendable { case idle, active, inTransaction, inError, unknown }

  /// Begins to connect; sockets are opened by `connectPoll`. `nil` only when memory is out.
  package init?(connectStart options: [(keyword: String, value: String)]) {
    let keywords = CStrings(options.map(\.keyword))
    let values = CStrings(options.map(\.value))
    guard let pointer = PQconnectStartParams(keywords.pointers, values.pointers, 0) else { return nil }
    self.pointer = pointer
    // Notices would go to the standard error stream; their text may hold values, so they are dropped.
    PQsetNoticeReceiver(pointer, { _, _ in }, nil)
  }

  deinit { PQfinish(pointer) }

  var isBad: Bool { PQstatus(pointer) == CONNECTION_BAD }
  package var socket: Int32 { PQsocket(pointer) }
  /// libpq's message, which names host, database and user, and no values.
  package var errorMessage: String {
    PQerrorMessage(pointer).map { String(cString: $0) }?.split(separator: "\n").joined(separator: "; ") ?? ""
  }

  package func connectPoll() -> Polling {
    switch PQconnectPoll(pointer) {
    case PGRES_POLLING_READING: .reading
    case PGRES_POLLING_WRITING: .writing
    case PGRES_POLLING_OK: .ok
    default: .failed
    }
  }

  package func setNonblocking() -> Bool { PQsetnonblocking(pointer, 1) == 0 }
  package func consumeInput() -> Bool { PQconsumeInput(pointer) == 1 }
  package var isBusy: Bool { PQisBusy(pointer) == 1 }
  package func getResult() -> PQResult? { PQgetResult(pointer).map(PQResult.init) }

  package func flush() -> Flush {
    switch PQflush(pointer) {
    case 0: .done
    case 1: .more
    default: .failed
    }
  }

  var transactionStatus: TransactionStatus {
    switch PQtransactionStatus(pointer) {
    case PQTRANS_IDLE: .idle
    case PQTRANS_ACTIVE: .active
    case PQTRANS_INTRANS: .inTransaction
    case PQTRANS_INERROR: .inError
    default: .unknown
    }
  }

  package func enterPipelineMode() -> Bool { PQenterPipelineMode(pointer) == 1 }
  func exitPipelineMode() -> Bool { PQexitPipelineMode(pointer) == 1 }
  package func pipelineSync() -> Bool { PQpipelineSync(pointer) == 1 }

  package func sendPrepare(_ name: String, _ sql: String, types: [UInt32]) -> Bool {
    PQsendPrepare(pointer, name, sql, Int32(types.count), types) == 1
  }

  package func sendQueryPrepared(_ name: String, _ parameters: Parameters) -> Bool {
    parameters.withPointers { values, lengths, formats in
      PQsendQueryPrepared(pointer, name, Int32(parameters.count), values, lengths, formats, 1) == 1
    }
  }

  /// One statement without parameters by the extended protocol, the only one allowed in pipeline mode.
  func sendQueryParams(_ sql: String) -> Bool { PQsendQueryParams(pointer, sql, 0, nil, nil, nil, nil, 1) == 1 }

  /// One or more statements by the simple protocol.
  func sendQuery(_ sql: String) -> Bool { PQsendQuery(pointer, sql) == 1 }

  func putCopyData(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count)) == 1
    }
  }

  func putCopyEnd(error: String?) -> Bool { PQputCopyEnd(pointer, error) == 1 }

  /// The next notification that has arrived, if any.
  func notifies() -> (channel: String, payload: String)? {
    guard let notify = PQnotifies(pointer) else { return nil }
    defer { PQfreemem(notify) }
    return (String(cString: notify.pointee.relname), String(cString: notify.pointee.extra))
  }

  func makeCancel() -> PQCancel? { PQgetCancel(pointer).map(PQCancel.init) }
}

/// Asks the server to stop what a connection is doing.
///
/// `@unchecked Sendable` is proven by libpq's contract: the object is a copy of address and key that never changes, and
/// `PQcancel` may be called from any thread while the connection is in use elsewhere.
final class PQCancel: @unchecked Sendable {
  private let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { self.pointer = pointer }
  deinit { PQfreeCancel(pointer) }

  /// Blocks until the server has taken the request.
  func send() -> Bool {
    var message = [CChar](repeating: 0, count: 256)
    return PQcancel(pointer, &message, Int32(message.count)) == 1
  }
}
