import NIOCore
import NIOHTTP1
import NIOPosix

/// A real HTTP server on a free loopback port that misbehaves on request, to test the client against.
struct TinyServer {
  let port: Int
  private let channel: any Channel

  static func start() async throws -> TinyServer {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(TinyHandler())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return TinyServer(port: channel.localAddress!.port!, channel: channel)
  }

  func stop() async throws { try await channel.close() }
}

private final class TinyHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  /// Requests of this connection, so that a test sees whether one was kept.
  private var served = 0

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let buffer): body.append(contentsOf: buffer.readableBytesView)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head else { return }
    served += 1
    switch head.uri {
    case "/silent": return
    case "/drop": context.close(promise: nil)
    case "/broken": send(context, .internalServerError)
    case "/bye": send(context, .ok, [("connection", "close")], "\(served)")
    case "/cookie": send(context, .ok, [("set-cookie", "session=s1; Path=/; HttpOnly")])
    case "/forget": send(context, .noContent, [("set-cookie", "session=; Max-Age=0")])
    case "/echo": send(context, .created, [], String(decoding: body, as: UTF8.self))
    case "/who": send(context, .ok, [], head.headers.first(name: "cookie") ?? "nobody")
    default: send(context, .ok, [], "\(served)")
    }
  }

  private func send(
    _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: [(String, String)] = [],
    _ text: String = ""
  ) {
    var fields = HTTPHeaders(headers)
    if status != .noContent { fields.add(name: "content-length", value: String(text.utf8.count)) }
    let closes = fields.contains(name: "connection")
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    let ended = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: ended)
    let channel = context.channel
    if closes { ended.futureResult.whenComplete { _ in channel.close(promise: nil) } }
  }
}
