import Foundation
import Kernel
import Synchronization
import TestSupport

/// A client's socket for tests of the proxy; it looks again every millisecond instead of waiting in a thread.
final class TestSocket: Sendable {
  private let handle: Mutex<Int32>

  init(to address: FaultProxy.Address) throws {
    guard let made = Self.connected(to: address) else { throw ServerProcess.Failure("refused") }
    handle = Mutex(made)
  }

  deinit { close() }

  func close() {
    handle.withLock { handle in
      if handle >= 0 { _ = Foundation.close(handle) }
      handle = -1
    }
  }

  func finishSending() { handle.withLock { _ = shutdown($0, Int32(SHUT_WR)) } }

  func send(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = handle.withLock { handle in
        rest.withUnsafeBytes { Foundation.send(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EAGAIN { return }
      if count <= 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  /// What arrives until there is enough, the end, or time is over.
  func receive(atLeast wanted: Int, within limit: Duration) async -> [UInt8] {
    await gather(until: wanted, within: limit).bytes
  }

  /// Everything until the other side ends.
  func receiveAll() async -> (bytes: [UInt8], wasReset: Bool) { await gather(until: .max, within: .seconds(20)) }

  func echo(_ bytes: [UInt8]) async throws -> [UInt8] {
    async let answer = receive(atLeast: bytes.count, within: .seconds(30))
    try await send(bytes)
    return await answer
  }

  private func gather(until wanted: Int, within limit: Duration) async -> (bytes: [UInt8], wasReset: Bool) {
    let deadline = Deadline.after(limit)
    var all: [UInt8] = []
    while all.count < wanted, !deadline.hasPassed {
      var received = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        received = handle.withLock { recv($0, buffer.baseAddress, buffer.count, 0) }
        count = max(0, received)
      }
      all += bytes
      if received == 0 { return (all, false) }
      if received < 0 {
        if errno != EAGAIN { return (all, true) }
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
    return (all, false)
  }

  private static func connected(to address: FaultProxy.Address) -> Int32? {
    // Connecting on this machine is immediate, so the socket stops waiting only afterwards.
    let handle: Int32
    let code: Int32
    switch address {
    case .port(let port):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = in_port_t(UInt16(port)).bigEndian
      name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      code = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    case .socket(let path):
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
      handle = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      code = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(handle, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    guard code == 0 else {
      Foundation.close(handle)
      return nil
    }
    _ = fcntl(handle, F_SETFL, O_NONBLOCK)
    return handle
  }
}

/// A server on a port of 127.0.0.1 that sends back what it gets, with a thread for each connection.
final class EchoPeer: Sendable {
  let port: Int
  private let listener: Int32
  private let open = Atomic<Int>(0)
  var openCount: Int { open.load(ordering: .acquiring) }

  init(port: Int? = nil) throws {
    let port = try port ?? FreePort.next()
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = in_port_t(UInt16(port)).bigEndian
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0, listen(listener, 64) == 0 else { throw ServerProcess.Failure("the peer cannot listen") }
    self.port = port
    self.listener = listener
    let thread = Thread { [self] in acceptAll() }
    thread.start()
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  func isEmptySoon() async -> Bool {
    let deadline = Deadline.after(.seconds(5))
    while openCount > 0, !deadline.hasPassed { try? await Task.sleep(for: .milliseconds(5)) }
    return openCount == 0
  }

  private func acceptAll() {
    while true {
      let handle = accept(listener, nil, nil)
      guard handle >= 0 else { break }
      open.add(1, ordering: .acquiringAndReleasing)
      Thread { [self] in
        echo(handle)
        close(handle)
        open.subtract(1, ordering: .acquiringAndReleasing)
      }.start()
    }
    close(listener)
  }

  private func echo(_ handle: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(handle, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      var sent = 0
      while sent < count {
        let more = buffer[sent..<count].withUnsafeBytes {
          send(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard more > 0 else { return }
        sent += more
      }
    }
  }
}
