import Foundation
import Kernel

/// One connection through a proxy: two sockets and what travels between them.
struct ProxyConnection {
  private enum Phase {
    /// The server has not accepted yet.
    case connecting
    case open
    /// Nobody hears anything any more; what arrives is thrown away.
    case lost
    /// Both have got FIN; what still arrives is thrown away until they close, too.
    case finishing
    case over
  }

  private var client: Int32
  private var server: Int32
  private var phase: Phase
  var lanes: [FaultProxy.Direction: ProxyLane] = [.toServer: ProxyLane(), .toClient: ProxyLane()]

  /// Without a server the connection is lost from its beginning.
  init(client: Int32, server: Int32?) {
    self.client = client
    self.server = server ?? -1
    phase = server == nil ? .lost : .connecting
  }

  var isOver: Bool { phase == .over }
  var isClientOpen: Bool { client >= 0 }

  // MARK: Ends

  mutating func lose() {
    if phase == .connecting || phase == .open { phase = .lost }
  }

  /// A server whose client has left a lost connection learns it when packets pass again.
  mutating func tellServer() {
    if phase == .lost, client < 0 { end(.reset) }
  }

  mutating func end(_ ending: FaultProxy.Ending) {
    switch (phase, ending) {
    case (.over, _): return
    case (.open, .finish), (.lost, .finish):
      for handle in [client, server] where handle >= 0 { shutdown(handle, Int32(SHUT_WR)) }
      phase = .finishing
    default:
      for handle in [client, server] where handle >= 0 { ProxySockets.reset(handle) }
      (client, server) = (-1, -1)
      phase = .over
    }
  }

  // MARK: Waiting

  func interests(
    _ faults: [FaultProxy.Direction: FaultProxy.Faults], at now: ContinuousClock.Instant
  ) -> [pollfd] {
    let both = [
      interest(client, reads: .toServer, writes: .toClient), interest(server, reads: .toClient, writes: .toServer),
    ]
    return both.filter { $0.fd >= 0 && $0.events != 0 }

    func interest(_ handle: Int32, reads: FaultProxy.Direction, writes: FaultProxy.Direction) -> pollfd {
      var events: Int32 = 0
      if let lane = lanes[reads], isReading(lane) { events |= POLLIN }
      if phase == .connecting, handle == server { events |= POLLOUT }
      if phase == .open, let lane = lanes[writes], mayWrite(lane, faults[writes], at: now) { events |= POLLOUT }
      return pollfd(fd: handle, events: Int16(events), revents: 0)
    }
  }

  private func isReading(_ lane: ProxyLane) -> Bool {
    switch phase {
    case .connecting, .over: false
    case .open: !lane.isSourceOver && lane.hasRoom
    case .lost, .finishing: !lane.isSourceOver
    }
  }

  private func mayWrite(_ lane: ProxyLane, _ faults: FaultProxy.Faults?, at now: ContinuousClock.Instant) -> Bool {
    guard !(faults?.isPaused ?? false), let due = lane.nextDue else { return false }
    return due <= now
  }

  /// When something that is held back may go on.
  func nextDue(
    _ faults: [FaultProxy.Direction: FaultProxy.Faults], after now: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    guard phase == .open else { return nil }
    return lanes.compactMap { direction, lane -> ContinuousClock.Instant? in
      guard !(faults[direction]?.isPaused ?? false), let due = lane.nextDue else { return nil }
      // What is due already waits for the receiver's socket, not for the clock.
      return due > now ? due : nil
    }.min()
  }

  // MARK: A step

  /// Reads and hands on what it may; returns how many bytes went in each direction.
  mutating func step(
    _ events: [Int32: Int32], _ faults: [FaultProxy.Direction: FaultProxy.Faults], at now: ContinuousClock.Instant,
    _ random: inout SeededRandom
  ) -> [(FaultProxy.Direction, Int)] {
    if phase == .connecting, events[server] != nil {
      if ProxySockets.isConnected(server) { phase = .open } else { end(.reset) }
    }
    for direction in FaultProxy.Direction.allCases {
      let source = direction == .toServer ? client : server
      guard source >= 0, events[source] != nil, let lane = lanes[direction], isReading(lane) else { continue }
      let delay = (faults[direction] ?? .init()).delay.chosen(&random)
      let isHealthy = lanes[direction]?.read(from: source, keeping: phase == .open, due: now + delay) ?? false
      if !isHealthy, phase == .open { end(.reset) }
    }
    var handedOn: [(FaultProxy.Direction, Int)] = []
    for direction in FaultProxy.Direction.allCases where phase == .open {
      let receiver = direction == .toServer ? server : client
      let faults = faults[direction] ?? .init()
      let written = lanes[direction]?.write(to: receiver, faults, at: now, &random)
      switch written {
      case .count(let count): handedOn.append((direction, count))
      case .cut(let count):
        handedOn.append((direction, count))
        end(faults.ending)
      case .failed, nil: end(.reset)
      }
    }
    closeWhatIsOver()
    return handedOn
  }

  private mutating func closeWhatIsOver() {
    let isClientOver = lanes[.toServer]?.isSourceOver ?? true
    let isServerOver = lanes[.toClient]?.isSourceOver ?? true
    switch phase {
    case .connecting, .over: break
    case .open:
      if lanes.values.allSatisfy(\.isOver) { closeBoth() }
    case .lost:
      if isClientOver, client >= 0 {
        close(client)
        client = -1
      }
    case .finishing:
      if isClientOver, isServerOver || server < 0 { closeBoth() }
    }
  }

  private mutating func closeBoth() {
    for handle in [client, server] where handle >= 0 { close(handle) }
    (client, server) = (-1, -1)
    phase = .over
  }
}
