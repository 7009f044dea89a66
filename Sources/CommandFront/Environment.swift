import Facade
import Foundation
import Logging

/// What the environment says about stores, files and the log.
struct ProgramEnvironment {
  let variables = ProcessInfo.processInfo.environment

  /// The log, on standard error; `HAIJU_LOG` sets the level (`notice` by default).
  var logger: Logger {
    var logger = Logger(label: "haiju") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = variables["HAIJU_LOG"].flatMap(Logger.Level.init(rawValue:)) ?? .notice
    return logger
  }

  /// The facade's configuration from `HAIJU_PG_URI`, `HAIJU_MONGO_URI`, `HAIJU_REDIS_URI`, `HAIJU_KEY_FILE`.
  func configuration() throws -> HaijuConfiguration {
    try HaijuConfiguration(environment: variables, logger: logger)
  }

  /// The URI of the role that owns the schema; the application's when no other is given.
  func migratorURI() throws -> String {
    try variables["HAIJU_PG_MIGRATOR_URI"] ?? configuration().relational
  }

  /// Runs a verb with an open facade that leaves the outbox to the server.
  func withHaiju(projects: Bool = false, _ body: (Haiju) async throws -> Void) async throws {
    var configuration = try configuration()
    configuration.projects = projects
    let haiju = try await Haiju.open(configuration)
    do {
      try await body(haiju)
    } catch {
      await haiju.close()
      throw error
    }
    await haiju.close()
  }
}
