import Foundation
import Kernel
import TestSupport
import Testing

/// The proxy between a client and a server that are made of nothing but sockets.
@Suite("The fault proxy")
struct FaultProxyTests {
  @Test("Everything passes in both directions, on the port and on the socket, and is counted")
  func passes() async throws {
    let peer = try EchoPeer()
    let folder = try TemporaryFolder()
    let proxy = try FaultProxy(to: .port(peer.port), path: folder.path + "/s")
    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for address in [FaultProxy.Address.port(proxy.port), .socket(folder.path + "/s")] {
      let client = try TestSocket(to: address)
      #expect(try await client.echo(long) == long)
    }
    #expect(proxy.connectionCount == 2)
    #expect(proxy.bytes(.toServer) == 400_000 && proxy.bytes(.toClient) == 400_000)
    proxy.stop()
  }

  @Test("Pieces, delays and rests change no byte and no order", arguments: [1, 2, 3] as [UInt64])
  func pieces(seed: UInt64) async throws {
    let peer = try EchoPeer()
    let proxy = try FaultProxy(to: .port(peer.port), seed: seed)
    proxy.set(.init(delay: .zero ... .milliseconds(3), pieces: 1...7))
    proxy.set(.init(pieces: 1...400, rest: .milliseconds(1)), .toClient)
    let client = try TestSocket(to: .port(proxy.port))
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(try await client.echo(bytes) == bytes)
    proxy.stop()
  }

  @Test("A cut lets exactly that many bytes pass", arguments: FaultProxy.Ending.allCases, [0, 1, 1000, 70_000])
  func cut(ending: FaultProxy.Ending, length: Int) async throws {
    let peer = try EchoPeer()
    let proxy = try FaultProxy(to: .port(peer.port))
    proxy.set(.init(cutAfter: length, ending: ending), .toClient)
    let client = try TestSocket(to: .port(proxy.port))
    try await client.send([UInt8](repeating: 1, count: 100_000))
    let end = await client.receiveAll()
    #expect(end.bytes.count == length)
    #expect(end.wasReset == (ending == .reset))
    #expect(proxy.bytes(.toClient) == length)
    #expect(await peer.isEmptySoon())
    proxy.stop()
  }

  @Test("A lost connection stays silent for ever, its server hears of the end when packets pass again")
  func blackhole() async throws {
    let peer = try EchoPeer()
    let proxy = try FaultProxy(to: .port(peer.port))
    let old = try TestSocket(to: .port(proxy.port))
    #expect(try await old.echo([1, 2]) == [1, 2])
    proxy.blackhole()
    let new = try TestSocket(to: .port(proxy.port))
    for client in [old, new] {
      try await client.send([3])
      #expect(await client.receive(atLeast: 1, within: .milliseconds(100)) == [])
    }
    #expect(proxy.openCount == 2)
    old.close()
    try await Task.sleep(for: .milliseconds(50))
    #expect(peer.openCount == 1)
    proxy.pass()
    #expect(await peer.isEmptySoon())
    let after = try TestSocket(to: .port(proxy.port))
    #expect(try await after.echo([4]) == [4])
    #expect(await new.receive(atLeast: 1, within: .milliseconds(50)) == [])
    proxy.stop()
  }

  @Test("Refusing refuses on port and socket, spares present connections, and ends with pass")
  func refuse() async throws {
    let peer = try EchoPeer()
    let folder = try TemporaryFolder()
    let proxy = try FaultProxy(to: .port(peer.port), path: folder.path + "/s")
    let present = try TestSocket(to: .port(proxy.port))
    #expect(try await present.echo([1]) == [1])
    for _ in 0..<3 {
      proxy.refuse()
      for address in [FaultProxy.Address.port(proxy.port), .socket(folder.path + "/s")] {
        #expect(throws: (any Error).self) { _ = try TestSocket(to: address) }
      }
      #expect(try await present.echo([2]) == [2])
      proxy.pass()
      for address in [FaultProxy.Address.port(proxy.port), .socket(folder.path + "/s")] {
        #expect(try await TestSocket(to: address).echo([3]) == [3])
      }
    }
    proxy.stop()
  }

  @Test("A paused direction keeps what it has, also a sender's end, and goes on without loss")
  func pause() async throws {
    let peer = try EchoPeer()
    let proxy = try FaultProxy(to: .port(peer.port))
    let client = try TestSocket(to: .port(proxy.port))
    #expect(try await client.echo([0]) == [0])
    proxy.set(.init(isPaused: true), .toClient)
    try await client.send([1, 2, 3])
    client.finishSending()
    #expect(await client.receive(atLeast: 1, within: .milliseconds(100)) == [])
    proxy.pass()
    let end = await client.receiveAll()
    #expect(end.bytes == [1, 2, 3] && !end.wasReset)
    proxy.stop()
  }

  @Test("A paused receiver makes the sender wait instead of filling memory")
  func backPressure() async throws {
    let peer = try EchoPeer()
    let proxy = try FaultProxy(to: .port(peer.port))
    proxy.set(.init(isPaused: true), .toServer)
    let client = try TestSocket(to: .port(proxy.port))
    let bytes = (0..<30_000_000).map { UInt8(truncatingIfNeeded: $0) }
    let sending = Task { try await client.send(bytes) }
    try await Task.sleep(for: .milliseconds(300))
    #expect(proxy.bytes(.toServer) == 0)
    let receiving = Task { await client.receive(atLeast: bytes.count, within: .seconds(30)) }
    proxy.pass()
    try await sending.value
    #expect(await receiving.value == bytes)
    proxy.stop()
  }

  @Test("A server that is not there resets its clients, and may come later")
  func serverLater() async throws {
    let peer = try EchoPeer()
    let port = peer.port
    peer.stop()
    let proxy = try FaultProxy(to: .port(port))
    let end = await (try TestSocket(to: .port(proxy.port))).receiveAll()
    #expect(end.bytes.isEmpty && end.wasReset)
    let again = try EchoPeer(port: port)
    #expect(try await TestSocket(to: .port(proxy.port)).echo([5]) == [5])
    #expect(proxy.connectionCount == 2)
    proxy.stop()
    again.stop()
    #expect(throws: (any Error).self) { _ = try TestSocket(to: .port(proxy.port)) }
  }
}
