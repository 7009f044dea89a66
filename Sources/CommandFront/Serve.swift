import ArgumentParser
import Facade
import HTTPFront

/// `haiju serve`: pages and API on one address.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve pages and API until interrupted.",
    discussion: "Refuses to start on a schema that is not exactly the one that this program knows.")

  @Option(help: "The address to listen on (HAIJU_HOST).")
  var host: String?

  @Option(help: "The port to listen on (HAIJU_PORT).")
  var port: Int?

  func run() async throws {
    try await reportingErrors {
      let environment = ProgramEnvironment()
      let configuration = try environment.configuration()
      // The check runs with the application's role: it reads the ledger and changes nothing.
      try await HaijuSchema.requireCurrent(configuration)
      let haiju = try await Haiju.open(configuration)
      let options = HTTPServerOptions(
        host: host ?? environment.variables["HAIJU_HOST"] ?? "127.0.0.1",
        port: port ?? environment.variables["HAIJU_PORT"].flatMap(Int.init) ?? 8080,
        secureCookies: environment.variables["HAIJU_SECURE_COOKIES"] == "1")
      do {
        try await serve(haiju: haiju, options: options, logger: environment.logger) { port in
          printError("海聚已就绪：http://\(options.host):\(port)")
        }
      } catch {
        await haiju.close()
        throw error
      }
      await haiju.close()
    }
  }
}
