public import Facade
import Hummingbird
public import Kernel
public import Logging
import NIOCore

/// How the HTTP server behaves.
public struct HTTPServerOptions: Sendable {
  /// The address to listen on.
  public var host: String
  /// The port; 0 takes a free one.
  public var port: Int
  /// Whether cookies travel over TLS only; on wherever a proxy with TLS stands in front.
  public var secureCookies: Bool
  /// After how long a connection that sends nothing is closed, also in the middle of a request.
  public var idleTime: Duration
  /// Where the time comes from that pages compare with.
  public var clock: any WallClock

  /// Options with the usual values: loopback, port 8080, cookies as plain HTTP needs them.
  public init(
    host: String = "127.0.0.1", port: Int = 8080, secureCookies: Bool = false, idleTime: Duration = .seconds(60),
    clock: any WallClock = SystemClock()
  ) {
    self.host = host
    self.port = port
    self.secureCookies = secureCookies
    self.idleTime = idleTime
    self.clock = clock
  }
}

/// Serves the pages and the JSON API until the task is cancelled or SIGTERM or SIGINT comes; requests under way are
/// finished first.
///
/// `onReady` gets the port once requests are answered. Throws when a template or an asset cannot be loaded or the
/// address is taken. Does not close `haiju`.
public func serve(
  haiju: Haiju, options: HTTPServerOptions, logger: Logger, onReady: @escaping @Sendable (Int) async -> Void
) async throws {
  let assets = try Assets.load()
  let site = Site(
    haiju: haiju, templates: try Templates.load(assets: assets), assets: assets, options: options, logger: logger,
    clock: options.clock)
  // Hummingbird's own log would repeat every request; ours has the trace ids.
  var quiet = logger
  quiet.logLevel = max(logger.logLevel, .notice)
  let application = Application(
    router: router(of: site),
    server: .http1(configuration: .init(idleTimeout: TimeAmount(options.idleTime))),
    configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port)),
    onServerRunning: { channel in await onReady(channel.localAddress?.port ?? options.port) },
    logger: quiet)
  try await application.runService()
}

/// All routes behind the guard.
func router(of site: Site) -> Router<FrontContext> {
  let router = Router(context: FrontContext.self, options: .autoGenerateHeadEndpoints)
  router.add(middleware: Guard(site: site))
  site.assets.addRoutes(to: router)
  APIRoutes(site: site).add(to: router)
  PageRoutes(site: site).add(to: router)
  return router
}
