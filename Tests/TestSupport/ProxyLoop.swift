import Foundation
import Kernel
import Synchronization

/// The thread of a `FaultProxy`: waits for sockets and lets the state take its steps.
final class ProxyLoop: Sendable {
  private let state: Mutex<ProxyState>
  /// A pipe whose bytes end a wait.
  private let bell: (reading: Int32, writing: Int32)

  init(target: FaultProxy.Address, port: Int, path: String?, seed: UInt64) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw ServerProcess.Failure("no pipe for a proxy") }
    for end in ends { ProxySockets.makeNonblocking(end) }
    bell = (ends[0], ends[1])
    state = Mutex(try ProxyState(target: target, addresses: [.port(port)] + (path.map { [.socket($0)] } ?? []), seed))
  }

  /// The pipe is closed only now: nobody can ring any more.
  deinit {
    close(bell.reading)
    close(bell.writing)
  }

  func start() {
    let thread = Thread { [self] in run() }
    thread.name = "fault-proxy"
    thread.start()
  }

  func read<T>(_ body: (inout ProxyState) -> sending T) -> T { state.withLock { body(&$0) } }

  /// Changes the state between two steps and lets the thread look at it again.
  func change(_ body: (inout ProxyState) -> Void) {
    state.withLock { if !$0.isStopped { body(&$0) } }
    ring()
  }

  /// Closes everything before it returns; the thread ends soon after.
  func stop() {
    state.withLock { $0.stop() }
    ring()
  }

  private func ring() {
    var byte: UInt8 = 0
    _ = write(bell.writing, &byte, 1)
  }

  private func run() {
    while true {
      // One moment for both: what falls due between two would be waited for by neither.
      let now = ContinuousClock.now
      let (polls, patience) = state.withLock { ($0.interests(at: now), $0.millisecondsToNextStep(at: now)) }
      guard let patience else { return }
      var all = polls + [pollfd(fd: bell.reading, events: Int16(POLLIN), revents: 0)]
      let count = poll(&all, nfds_t(all.count), patience)
      if all.last?.revents != 0 {
        var bytes = [UInt8](repeating: 0, count: 64)
        while Foundation.read(bell.reading, &bytes, bytes.count) > 0 {}
      }
      let ready = count > 0 ? all.dropLast().filter { $0.revents != 0 } : []
      state.withLock { $0.step(ready, at: .now) }
    }
  }
}

/// What a proxy knows: its listeners, its connections and what goes wrong.
struct ProxyState {
  private let target: FaultProxy.Address
  private let addresses: [FaultProxy.Address]
  private var random: SeededRandom
  private var listeners: [Int32] = []
  private var faults: [FaultProxy.Direction: FaultProxy.Faults] = [:]
  private var isBlackhole = false
  private var isRefusing = false
  private(set) var isStopped = false
  private(set) var acceptedCount = 0
  private(set) var bytes: [FaultProxy.Direction: Int] = [:]
  private(set) var connections: [ProxyConnection] = []

  init(target: FaultProxy.Address, addresses: [FaultProxy.Address], _ seed: UInt64) throws {
    self.target = target
    self.addresses = addresses
    random = SeededRandom(seed: seed)
    listeners = try addresses.map { try ProxySockets.listening(on: $0) }
  }

  // MARK: Changes

  mutating func set(_ new: FaultProxy.Faults, _ directions: [FaultProxy.Direction]) {
    for direction in directions {
      faults[direction] = new
      for index in connections.indices { connections[index].lanes[direction]?.sentUnderFaults = 0 }
    }
  }

  mutating func blackhole() {
    isBlackhole = true
    for index in connections.indices { connections[index].lose() }
  }

  /// A port stays ours while nobody listens on it, so it can be opened again.
  mutating func refuse() {
    for (address, listener) in zip(addresses, listeners) {
      if case .port = address { shutdown(listener, Int32(SHUT_RD)) } else { close(listener) }
      if case .socket(let path) = address { unlink(path) }
    }
    listeners = zip(addresses, listeners).map { address, listener in if case .port = address { listener } else { -1 } }
    isRefusing = true
  }
  mutating func cutAll(_ ending: FaultProxy.Ending) {
    for index in connections.indices { connections[index].end(ending) }
  }

  mutating func pass() {
    set(FaultProxy.Faults(), FaultProxy.Direction.allCases)
    isBlackhole = false
    for index in connections.indices { connections[index].tellServer() }
    guard isRefusing else { return }
    isRefusing = false
    for (index, address) in addresses.enumerated() {
      if case .port = address {
        listen(listeners[index], 512)
      } else if let handle = try? ProxySockets.listening(on: address) {
        listeners[index] = handle
      }
    }
  }

  mutating func stop() {
    guard !isStopped else { return }
    isStopped = true
    for listener in listeners where listener >= 0 {
      // A thread that waits for it keeps it open a moment longer; refusing begins now.
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
    }
    for case .socket(let path) in addresses { unlink(path) }
    listeners = []
    cutAll(.reset)
    connections = []
  }

  // MARK: Steps

  /// Which sockets to wait for; one without an interest is left out, or its end would wake the thread for ever.
  func interests(at now: ContinuousClock.Instant) -> [pollfd] {
    var all = isRefusing ? [] : listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    for connection in connections { all += connection.interests(faults, at: now) }
    return all
  }

  /// How long nothing is due; -1 for ever, `nil` when the thread should end.
  func millisecondsToNextStep(at now: ContinuousClock.Instant) -> Int32? {
    if isStopped { return nil }
    let next = connections.compactMap { $0.nextDue(faults, after: now) }.min()
    guard let next else { return -1 }
    return Int32(max(0, min(60_000, (now.duration(to: next) / .milliseconds(1)).rounded(.up))))
  }

  mutating func step(_ ready: [pollfd], at now: ContinuousClock.Instant) {
    if isStopped { return }
    let events = Dictionary(ready.map { ($0.fd, Int32($0.revents)) }, uniquingKeysWith: |)
    // Connections first: a listener may hand out a number that a connection closes in this step.
    for index in connections.indices {
      let handedOn = connections[index].step(events, faults, at: now, &random)
      for (direction, count) in handedOn { bytes[direction, default: 0] += count }
      if !isBlackhole { connections[index].tellServer() }
    }
    connections.removeAll { $0.isOver }
    for listener in listeners where !isRefusing && events[listener] != nil { accept(from: listener) }
  }

  private mutating func accept(from listener: Int32) {
    while let client = ProxySockets.accepted(from: listener) {
      acceptedCount += 1
      if isBlackhole {
        connections.append(ProxyConnection(client: client, server: nil))
      } else if let server = ProxySockets.connecting(to: target) {
        connections.append(ProxyConnection(client: client, server: server))
      } else {
        ProxySockets.reset(client)
      }
    }
  }
}
