import Foundation

/// The few socket calls that a proxy needs, all without waiting.
enum ProxySockets {
  /// A socket that accepts connections.
  static func listening(on address: FaultProxy.Address) throws -> Int32 {
    let handle = try make(address)
    if case .socket(let path) = address { unlink(path) }
    guard withAddress(address, { bind(handle, $0, $1) }) == 0, listen(handle, 512) == 0 else {
      close(handle)
      throw ServerProcess.Failure("cannot listen on \(address): \(String(cString: strerror(errno)))")
    }
    return handle
  }

  /// A socket that has begun to connect; `nil` when that was refused at once.
  static func connecting(to address: FaultProxy.Address) -> Int32? {
    guard let handle = try? make(address) else { return nil }
    if withAddress(address, { connect(handle, $0, $1) }) == 0 || errno == EINPROGRESS { return handle }
    close(handle)
    return nil
  }

  /// The next connection that waits, if any.
  static func accepted(from listener: Int32) -> Int32? {
    let handle = accept(listener, nil, nil)
    guard handle >= 0 else { return nil }
    makeNonblocking(handle)
    withoutWaiting(handle)
    return handle
  }

  /// Calls on the socket return at once; started programs do not inherit it.
  static func makeNonblocking(_ handle: Int32) {
    _ = fcntl(handle, F_SETFL, O_NONBLOCK)
    _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
  }

  /// Whether connecting has succeeded, once the socket can be written.
  static func isConnected(_ handle: Int32) -> Bool {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(handle, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code == 0
  }

  /// Whether somebody accepts connections there; on this machine that is known at once.
  static func answers(_ address: FaultProxy.Address) -> Bool {
    guard let handle = connecting(to: address) else { return false }
    defer { close(handle) }
    var wait = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
    return poll(&wait, 1, 100) == 1 && isConnected(handle)
  }

  /// Closes with RST; what the other side has not read yet is not promised to it.
  static func reset(_ handle: Int32) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(handle, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    close(handle)
  }

  private static func make(_ address: FaultProxy.Address) throws -> Int32 {
    let family = if case .port = address { AF_INET } else { AF_UNIX }
    let handle = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard handle >= 0 else { throw ServerProcess.Failure("no socket: \(String(cString: strerror(errno)))") }
    makeNonblocking(handle)
    var yes: Int32 = 1
    setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    withoutWaiting(handle)
    return handle
  }

  /// Every write becomes a packet of its own; harmless for sockets in the file system.
  private static func withoutWaiting(_ handle: Int32) {
    var yes: Int32 = 1
    setsockopt(handle, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func withAddress(
    _ address: FaultProxy.Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    switch address {
    case .port(let port):
      var internet = sockaddr_in()
      internet.sin_family = sa_family_t(AF_INET)
      internet.sin_port = in_port_t(UInt16(port)).bigEndian
      internet.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return general(&internet, body)
    case .socket(let path):
      var local = sockaddr_un()
      local.sun_family = sa_family_t(AF_UNIX)
      let fits = withUnsafeMutableBytes(of: &local.sun_path) { room in
        room.copyBytes(from: path.utf8.prefix(room.count - 1))
        return path.utf8.count < room.count
      }
      return fits ? general(&local, body) : -1
    }
  }

  private static func general<Address>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
    }
  }
}
