import CLibpq
import Foundation

/// Linux's readiness interface under one roof: which sockets can be read or written, and a bell to ring from outside.
package final class Epoll: Sendable {
  private let handle: Int32
  private let bell: Int32

  package init() {
    handle = epoll_create1(Int32(EPOLL_CLOEXEC))
    bell = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    precondition(handle >= 0 && bell >= 0, "the process has no file descriptor left for an event loop")
    add(bell, readable: true, writable: false)
  }

  /// Level-triggered: what was not read is reported again.
  package func add(_ socket: Int32, readable: Bool, writable: Bool) {
    control(EPOLL_CTL_ADD, socket, readable, writable)
  }
  package func change(_ socket: Int32, readable: Bool, writable: Bool) {
    control(EPOLL_CTL_MOD, socket, readable, writable)
  }
  package func remove(_ socket: Int32) { control(EPOLL_CTL_DEL, socket, false, false) }

  /// Ends a wait from any thread.
  func ring() {
    var one: UInt64 = 1
    _ = write(bell, &one, 8)
  }

  /// Waits until something is ready, the bell rings or time is over; gives the sockets that are ready.
  package func wait(milliseconds: Int32, into sockets: inout [Int32]) {
    sockets.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 128) { events in
      let count = epoll_wait(handle, events.baseAddress, Int32(events.count), milliseconds)
      for index in 0..<max(0, Int(count)) {
        let socket = events[index].data.fd
        if socket == bell {
          // Reading silences the bell until it is rung again.
          var counter: UInt64 = 0
          _ = read(bell, &counter, 8)
        } else {
          sockets.append(socket)
        }
      }
    }
  }

  private func control(_ operation: Int32, _ socket: Int32, _ readable: Bool, _ writable: Bool) {
    var event = epoll_event()
    event.events = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
    event.data.fd = socket
    _ = epoll_ctl(handle, operation, socket, &event)
  }
}
