import CMongoc
public import Logging

/// Where the documents are and how patient to be.
public struct DocumentConfiguration: Sendable {
  /// `mongodb://user:password@host:port/?…`. Holds a password: never print it.
  public var uri: String
  /// The database that all collections belong to.
  public var database: String
  /// Threads, each with one connection; calls beyond that wait in order.
  public var workers: Int
  /// How long to look for a server before a call fails as `.unavailable`.
  public var serverSelectionTimeout: Duration
  /// The longest that one exchange with the server may take; the bound after which a hung worker is free again.
  public var socketTimeout: Duration
  /// Where notices about lost and found servers go.
  public var logger: Logger

  /// Where the documents are and how patient to be.
  public init(
    uri: String, database: String, workers: Int = 4, serverSelectionTimeout: Duration = .milliseconds(1500),
    socketTimeout: Duration = .seconds(10), logger: Logger = Logger(label: "documents")
  ) {
    self.uri = uri
    self.database = database
    self.workers = max(1, workers)
    self.serverSelectionTimeout = serverSelectionTimeout
    self.socketTimeout = socketTimeout
    self.logger = logger
  }
}

/// The URI as the driver wants it, with our bounds put in.
struct DriverSettings: Sendable {
  private let text: String
  private let selectionMilliseconds: Int32
  private let socketMilliseconds: Int32
  let database: String

  /// Checks the URI. Throws `.invalid` without quoting it.
  init(_ configuration: DocumentConfiguration) throws(DocumentError) {
    text = configuration.uri
    database = configuration.database
    selectionMilliseconds = configuration.serverSelectionTimeout.wholeMilliseconds
    socketMilliseconds = configuration.socketTimeout.wholeMilliseconds
    guard let uri = makeURI() else { throw DocumentError(.invalid, "the document store's URI is not valid") }
    mongoc_uri_destroy(uri)
  }

  /// A driver's URI that the caller destroys; 1.23 takes these bounds from nowhere else.
  func makeURI() -> OpaquePointer? {
    guard let uri = mongoc_uri_new_with_error(text, nil) else { return nil }
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, selectionMilliseconds)
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, selectionMilliseconds)
    mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, socketMilliseconds)
    // "Try once" gives up at the first failed attempt, also while a primary is being elected. Without it the search goes
    // on until its time is over. (Either way a failed server is left alone for 5 s; `DocumentWorker` avoids that.)
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, false)
    mongoc_uri_set_appname(uri, "haiju")
    if mongoc_write_concern_get_w(mongoc_uri_get_write_concern(uri)) == MONGOC_WRITE_CONCERN_W_DEFAULT {
      useMajority(uri)
    }
    return uri
  }

  /// An acknowledged change is on disk and survives a change of primary.
  private func useMajority(_ uri: OpaquePointer) {
    let concern = mongoc_write_concern_new()
    defer { mongoc_write_concern_destroy(concern) }
    mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY)
    mongoc_write_concern_set_journal(concern, true)
    mongoc_uri_set_write_concern(uri, concern)
  }
}

extension Duration {
  /// Milliseconds, at least one, as the driver's options want them.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
    guard !milliseconds.overflow else { return .max }
    return Int32(clamping: max(1, milliseconds.partialValue + attoseconds / 1_000_000_000_000_000))
  }
}
