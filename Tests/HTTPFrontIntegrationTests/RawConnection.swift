import Foundation

/// A connection that sends bytes as they stand, for what no well-behaved client sends.
enum RawConnection {
  struct Failed: Error {}

  /// Sends a text and reads until the server closes the connection or `seconds` have passed without a byte.
  ///
  /// The calls block, so they run on a thread of their own.
  static func send(_ text: String, port: Int, silentFor seconds: Int = 10) async throws -> (text: String, closed: Bool)
  {
    try await withCheckedThrowingContinuation { done in
      Thread.detachNewThread { done.resume(with: Result { try exchange(text, port: port, seconds: seconds) }) }
    }
  }

  private static func exchange(_ text: String, port: Int, seconds: Int) throws -> (text: String, closed: Bool) {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw Failed() }
    defer { close(socket) }
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failed() }
    let bytes = Array(text.utf8)
    // A server that has heard enough may be gone already; then the answer says why.
    _ = Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count <= 0 { return (String(decoding: answer, as: UTF8.self), count == 0) }
      answer += buffer[..<count]
    }
  }
}
