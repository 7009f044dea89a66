import CLibpq

/// libpq's connection under libpq's names. Not thread-safe: its owner confines it to one event loop.
package final class PQConnection {
  private let pointer: OpaquePointer
  private let notices: UnsafeMutablePointer<Int> = {
    let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    counter.initialize(to: 0)
    return counter
  }()

  package enum Polling { case reading, writing, ok, failed }
  package enum Flush { case done, more, failed }
  enum CopyRead { case row, nothingYet, ended }
  enum TransactionStatus: UInt8, Sendable { case idle, active, inTransaction, inError, unknown }

  /// Begins to connect; sockets are opened by `connectPoll`. `nil` only when memory is out.
  package init?(connectStart options: [(keyword: String, value: String)]) {
    let keywords = CStrings(options.map(\.keyword))
    let values = CStrings(options.map(\.value))
    guard let pointer = PQconnectStartParams(keywords.pointers, values.pointers, 0) else { return nil }
    self.pointer = pointer
    // Notices would go to the standard error stream; their text may hold values, so they are counted and dropped.
    PQsetNoticeReceiver(pointer, { counter, _ in counter?.assumingMemoryBound(to: Int.self).pointee += 1 }, notices)
  }

  deinit {
    PQfinish(pointer)
    notices.deallocate()
  }

  /// How many notices and warnings have arrived.
  var noticeCount: Int { notices.pointee }

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

  /// One statement with its values, parsed anew each time.
  func sendQueryParams(_ sql: String, _ parameters: Parameters) -> Bool {
    parameters.withPointers { values, lengths, formats in
      PQsendQueryParams(pointer, sql, Int32(parameters.count), parameters.types, values, lengths, formats, 1) == 1
    }
  }

  func sendDescribePrepared(_ name: String) -> Bool { PQsendDescribePrepared(pointer, name) == 1 }

  /// One or more statements by the simple protocol.
  func sendQuery(_ sql: String) -> Bool { PQsendQuery(pointer, sql) == 1 }

  func putCopyData(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count)) == 1
    }
  }

  func putCopyEnd(error: String?) -> Bool { PQputCopyEnd(pointer, error) == 1 }

  /// Hands out the next row of a COPY to us, without waiting for it; the bytes are valid only during the call.
  func getCopyData(_ body: (UnsafeRawBufferPointer) -> Void) -> CopyRead {
    var bytes: UnsafeMutablePointer<CChar>?
    let length = PQgetCopyData(pointer, &bytes, 1)
    defer { PQfreemem(bytes) }
    if length > 0 {
      body(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
      return .row
    }
    // Failing is an end, too: the result that follows says why.
    return length == 0 ? .nothingYet : .ended
  }

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
