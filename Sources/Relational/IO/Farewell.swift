import Foundation
import Kernel

/// Waits until the server has let go of a connection that we closed.
///
/// The server needs a moment to end a backend after its client has left. Who opens the next connection sooner has more
/// of them on the server than allowed, so the pool's slot stays taken until the server's end of the socket is closed. It
/// watches a duplicate, which stays open when libpq closes its own handle, and waits a second at most. Used on the
/// loop's thread only.
final class Farewell: ReadinessHandler, @unchecked Sendable {
  // Proof of Sendable: `isOver` is touched on the loop's thread alone, where `wait` and `ready` are called.
  private let socket: Int32
  private let loop: EventLoop
  private var onEnd: (@Sendable () -> Void)?
  private var timer: LoopTimers.ID?

  /// Takes over the handle; -1 when there is nothing to wait for.
  init(_ socket: Int32, loop: EventLoop) {
    self.socket = socket
    self.loop = loop
  }

  /// Calls back when the server's end is closed; the loop keeps this object until then.
  func wait(_ onEnd: @escaping @Sendable () -> Void) {
    guard socket >= 0 else { return onEnd() }
    self.onEnd = onEnd
    loop.watch(socket, readable: true, writable: false, self)
    timer = loop.schedule(at: .after(.seconds(1))) { [weak self] in self?.end() }
  }

  func ready() {
    // What still arrives is for nobody; nothing or an error is the end.
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    if count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) { return }
    end()
  }

  private func end() {
    guard let onEnd else { return }
    self.onEnd = nil
    if let timer { loop.unschedule(timer) }
    loop.unwatch(socket)
    close(socket)
    onEnd()
  }
}
