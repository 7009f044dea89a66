import NIOCore
import NIOHTTP1

/// A request on its way, and who waits for the answer.
struct Exchange: Sendable {
  let head: HTTPRequestHead
  let body: [UInt8]?
  let answer: EventLoopPromise<LoadResponse>
}

/// Sends one exchange at a time down a connection and puts the answer together.
final class ExchangeHandler: ChannelDuplexHandler {
  typealias OutboundIn = Exchange
  typealias OutboundOut = HTTPClientRequestPart
  typealias InboundIn = HTTPClientResponsePart

  private var waiting: EventLoopPromise<LoadResponse>?
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let exchange = unwrapOutboundIn(data)
    waiting = exchange.answer
    context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
    if let bytes = exchange.body, !bytes.isEmpty {
      context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
    }
    context.write(wrapOutboundOut(.end(nil)), promise: promise)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.removeAll(keepingCapacity: true)
    case .body(let buffer):
      body.append(contentsOf: buffer.readableBytesView)
    case .end:
      // An answer that nobody asked for makes the rest of the connection unreadable.
      guard let head, let waiting else { return context.close(promise: nil) }
      self.head = nil
      self.waiting = nil
      // Before the waiter can send again: it must not find a connection that the server is about to close.
      if !head.isKeepAlive { context.close(promise: nil) }
      waiting.succeed(
        LoadResponse(
          status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body))
    }
  }

  /// The server went away, or the timeout or a cancellation closed the connection; those failed the promise before.
  func channelInactive(context: ChannelHandlerContext) {
    waiting?.fail(LoadFailure.connection)
    waiting = nil
    context.fireChannelInactive()
  }

  /// What is no HTTP, or a broken socket.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    waiting?.fail(LoadFailure.connection)
    waiting = nil
    context.close(promise: nil)
  }
}
