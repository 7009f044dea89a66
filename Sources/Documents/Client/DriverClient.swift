import CMongoc

/// The driver as a whole.
enum Driver {
  /// Once per process, before anything else. The driver's own log goes nowhere: its lines may quote documents, and what
  /// matters comes back as an error.
  static let started: Void = {
    mongoc_init()
    mongoc_log_set_handler(nil, nil)
  }()
}

/// What a command may do, which decides what its failure means.
enum CommandKind: Sendable {
  /// Changes nothing.
  case read
  /// Changes documents or indexes; travels with the write concern.
  case write
  /// Anything, as it is.
  case administration
}

/// One connection of the driver with its open cursors. Stays on the thread of the worker that made it.
///
/// Not `Sendable`: the compiler keeps it inside its actor. Cursors are destroyed before their client, whatever happens.
final class DriverClient {
  let client: OpaquePointer
  let database: String
  var cursors: [CursorID: OpaquePointer] = [:]
  /// Room for the answer of a command. `bson_t` is aligned to 128 bytes, which Swift cannot express for a value.
  private let replyRoom = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)

  init(_ settings: DriverSettings) throws(DocumentError) {
    guard let uri = settings.makeURI(), let client = mongoc_client_new_from_uri(uri) else {
      replyRoom.deallocate()
      throw DocumentError(.invalid, "the document store's URI is not valid")
    }
    mongoc_uri_destroy(uri)
    // Version 2 tells the server's errors from the driver's own.
    mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2)
    self.client = client
    database = settings.database
  }

  deinit {
    for cursor in cursors.values { mongoc_cursor_destroy(cursor) }
    mongoc_client_destroy(client)
    replyRoom.deallocate()
  }

  /// Sends one command and waits for its answer.
  func run(_ command: BSONDocument, in database: String, as kind: CommandKind) throws(DocumentError) -> BSONDocument {
    let reply = OpaquePointer(replyRoom)
    var error = bson_error_t()
    let succeeded = try withDriverDocument(command) { command in
      kind == .write
        ? mongoc_client_write_command_with_opts(client, database, command, nil, reply, &error)
        : mongoc_client_command_simple(client, database, command, nil, reply, &error)
    }
    defer { bson_destroy(reply) }
    guard succeeded else {
      throw DocumentError(error, reply: try? BSONDocument(driver: reply), isWrite: kind != .read)
    }
    return try BSONDocument(driver: reply)
  }
}

/// Lends a document to the driver for one call.
func withDriverDocument<T>(_ document: BSONDocument, _ body: (OpaquePointer) -> T) throws(DocumentError) -> T {
  guard let copy = bson_new_from_data(document.bytes, document.bytes.count) else {
    throw DocumentError(.tooLarge, "the driver does not take a document of \(document.bytes.count) bytes")
  }
  defer { bson_destroy(copy) }
  return body(copy)
}

extension BSONDocument {
  /// A checked copy of what the driver holds; the driver's buffer is valid only until its next call.
  init(driver: OpaquePointer) throws(DocumentError) {
    guard let data = bson_get_data(driver) else { throw .malformedReply }
    let length = UnsafeRawPointer(data).loadUnaligned(as: UInt32.self).littleEndian
    do {
      self = try BSONDocument(bytes: Array(UnsafeBufferPointer(start: data, count: Int(length))))
    } catch {
      throw .malformedReply
    }
  }
}

extension DocumentError {
  /// What the driver reported, with the server's answer when there is one.
  init(_ error: bson_error_t, reply: BSONDocument?, isWrite: Bool) {
    let labels = reply?["errorLabels"]?.array?.compactMap(\.text) ?? []
    if let number = reply?["code"]?.integer {
      self = .server(
        Int32(clamping: number), name: reply?["codeName"]?.text, text: reply?["errmsg"]?.text ?? "", labels: labels,
        isWrite: isWrite)
      return
    }
    switch (error.domain, error.code) {
    case (MONGOC_ERROR_SERVER_SELECTION.rawValue, _):
      self = DocumentError(.unavailable, "no document server could be reached", labels: labels)
    case (MONGOC_ERROR_STREAM.rawValue, MONGOC_ERROR_STREAM_CONNECT.rawValue),
      (MONGOC_ERROR_STREAM.rawValue, MONGOC_ERROR_STREAM_NAME_RESOLUTION.rawValue):
      self = DocumentError(.unavailable, "the document server could not be reached", labels: labels)
    case (MONGOC_ERROR_STREAM.rawValue, _), (MONGOC_ERROR_PROTOCOL.rawValue, _):
      self = DocumentError(
        .unavailable, "the connection to the document server broke", mayHaveHappened: isWrite, labels: labels)
    case (MONGOC_ERROR_CLIENT.rawValue, MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue), (MONGOC_ERROR_SCRAM.rawValue, _),
      (MONGOC_ERROR_SASL.rawValue, _):
      self = DocumentError(.unauthorized, "the document server refused the name or password", labels: labels)
    case (MONGOC_ERROR_SERVER.rawValue, let number):
      self = .server(Int32(clamping: number), name: nil, text: "", labels: labels, isWrite: isWrite)
    case (MONGOC_ERROR_CURSOR.rawValue, _), (MONGOC_ERROR_COMMAND.rawValue, _), (MONGOC_ERROR_BSON.rawValue, _):
      self = DocumentError(
        .invalid, "the driver refused the call (domain \(error.domain), code \(error.code))", labels: labels)
    default:
      self = DocumentError(
        .server, "the call failed in the driver (domain \(error.domain), code \(error.code))", mayHaveHappened: isWrite,
        labels: labels)
    }
  }
}
