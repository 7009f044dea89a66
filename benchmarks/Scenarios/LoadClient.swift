import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One user's keep-alive HTTP/1.1 connection, made for load: no TLS, no redirects, no retries.
///
/// It connects with the first request and again after the server closed. A request that fails is never sent again, so
/// that a report shows every failure. One request at a time; a second one meanwhile is `LoadFailure.busy`.
public final class LoadClient: Sendable {
  /// Where requests go.
  public let target: LoadTarget
  private let timeout: Duration
  private let loop: any EventLoop
  private let state = Mutex(State())

  private struct State {
    var channel: (any Channel)?
    var busy = false
  }

  /// A client that is not connected yet; `timeout` bounds connecting and, apart from that, each whole answer.
  public init(_ target: LoadTarget, timeout: Duration = .seconds(30)) {
    self.target = target
    self.timeout = timeout
    loop = MultiThreadedEventLoopGroup.singleton.next()
  }

  /// Sends a request and waits for the whole answer, whatever its status.
  ///
  /// `host`, `content-length` and `accept` are added. Cancelling, like the timeout, closes the connection: the next
  /// request makes a new one.
  public func request(
    _ method: LoadMethod, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
  ) async throws(LoadFailure) -> LoadResponse {
    let free = state.withLock { state in
      defer { state.busy = true }
      return !state.busy
    }
    guard free else { throw .busy }
    defer { state.withLock { $0.busy = false } }
    if Task.isCancelled { throw .cancelled }
    let channel = try await connected()
    let exchange = Exchange(
      head: head(method, path, headers, body), body: body, answer: channel.eventLoop.makePromise(of: LoadResponse.self))
    // Completing a promise a second time is ignored, so whoever comes first decides: answer, timeout or cancellation.
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      exchange.answer.fail(LoadFailure.timeout)
      channel.close(promise: nil)
    }
    defer { timer.cancel() }
    channel.writeAndFlush(exchange).whenFailure { _ in exchange.answer.fail(LoadFailure.connection) }
    do {
      return try await withTaskCancellationHandler {
        try await exchange.answer.futureResult.get()
      } onCancel: {
        exchange.answer.fail(LoadFailure.cancelled)
        channel.close(promise: nil)
      }
    } catch {
      // Whatever failed, the connection is closed or about to be; the next request must not pick it up.
      state.withLock { $0.channel = nil }
      throw error as? LoadFailure ?? .connection
    }
  }

  /// Closes the connection if there is one.
  public func close() async {
    let channel = state.withLock { state in
      defer { state.channel = nil }
      return state.channel
    }
    // A channel that is closed already says so as an error, which is what was wanted.
    try? await channel?.close()
  }

  private func connected() async throws(LoadFailure) -> any Channel {
    if let channel = state.withLock({ $0.channel }), channel.isActive { return channel }
    do {
      let channel = try await ClientBootstrap(group: loop)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(ExchangeHandler())
          }
        }
        .connect(host: target.host, port: target.port).get()
      state.withLock { $0.channel = channel }
      return channel
    } catch {
      throw .connection
    }
  }

  private func head(
    _ method: LoadMethod, _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8]?
  ) -> HTTPRequestHead {
    var fields = HTTPHeaders([("host", "\(target.host):\(target.port)"), ("accept", "application/json")])
    if let body { fields.add(name: "content-length", value: String(body.count)) }
    for header in headers { fields.replaceOrAdd(name: header.name, value: header.value) }
    return HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: path, headers: fields)
  }
}

/// The server under load.
public struct LoadTarget: Sendable, Hashable {
  /// A name or an address.
  public let host: String
  /// The TCP port.
  public let port: Int

  /// A server that speaks plain HTTP/1.1.
  public init(host: String = "127.0.0.1", port: Int) {
    self.host = host
    self.port = port
  }
}
