import Foundation
public import Kernel
public import Logging

/// Where the stores are and how Haiju behaves.
public struct HaijuConfiguration: Sendable {
  /// PostgreSQL, as a libpq URI, with the application's role.
  public var relational: String
  /// MongoDB, with user and password; the database is `haiju` unless the path names another.
  public var documents: String
  /// Redis, `redis://:password@host:port/0`; `nil` runs without a cache.
  public var cache: String?
  /// The file with the root key, readable by its owner only.
  public var keyFile: String
  /// Connections to PostgreSQL for transactions.
  public var poolSize = 8
  /// Threads, and with them connections, to the document store.
  public var documentWorkers = 4
  /// Whether this process brings dossiers to the document store; one that only migrates or reports does not.
  public var projects = true
  /// Rounds of the password hash; `nil` is the default of `GMCrypto`.
  public var passwordRounds: Int?
  /// Where time comes from.
  public var clock: any WallClock = SystemClock()
  /// Where the log goes.
  public var logger: Logger

  /// A configuration with the usual sizes.
  public init(
    relational: String, documents: String, cache: String?, keyFile: String, logger: Logger = Logger(label: "haiju")
  ) {
    self.relational = relational
    self.documents = documents
    self.cache = cache
    self.keyFile = keyFile
    self.logger = logger
  }

  /// Reads `HAIJU_PG_URI`, `HAIJU_MONGO_URI`, `HAIJU_REDIS_URI` and `HAIJU_KEY_FILE`; names those that are missing.
  public init(environment: [String: String], logger: Logger = Logger(label: "haiju")) throws(MissingSettings) {
    let names = ["HAIJU_PG_URI", "HAIJU_MONGO_URI", "HAIJU_KEY_FILE"]
    let missing = names.filter { environment[$0, default: ""].isEmpty }
    guard missing.isEmpty else { throw MissingSettings(names: missing) }
    self.init(
      relational: environment[names[0], default: ""], documents: environment[names[1], default: ""],
      cache: environment["HAIJU_REDIS_URI"], keyFile: environment[names[2], default: ""], logger: logger)
  }

  /// The database that the document store's URI names in its path; `haiju` when it names none.
  var documentDatabase: String { Self.database(in: documents) }

  static func database(in uri: String) -> String {
    guard let scheme = uri.range(of: "://") else { return "haiju" }
    let path = uri[scheme.upperBound...].split(separator: "?", maxSplits: 1)[0].split(separator: "/", maxSplits: 1)
    return path.count == 2 ? String(path[1]) : "haiju"
  }

  /// Settings that the environment lacks.
  public struct MissingSettings: Error, CustomStringConvertible {
    /// The names of the variables.
    public let names: [String]
    /// What to do.
    public var description: String { "set \(names.joined(separator: ", ")) or start the stack with ./run up" }
  }
}
