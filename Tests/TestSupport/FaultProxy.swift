import Foundation
import Kernel
import Synchronization

/// A proxy in front of any server that can go wrong on purpose: slow, in pieces, cut off, silent or closed.
///
/// It listens on a free port of 127.0.0.1 and, if asked to, on a socket in the file system, and forwards bytes without
/// knowing their meaning. Every change of its behaviour holds when the call returns: no byte is forwarded in the old way
/// afterwards. One thread serves all its connections. Random choices repeat with the seed as far as the bytes arrive in
/// the same portions.
public final class FaultProxy: Sendable {
  /// Where a server listens.
  public enum Address: Sendable, Hashable {
    /// A port of 127.0.0.1.
    case port(Int)
    /// A socket in the file system.
    case socket(String)
  }

  /// Which way bytes travel.
  public enum Direction: Sendable, CaseIterable {
    case toServer, toClient
  }

  /// How a connection ends when it is cut.
  public enum Ending: Sendable, CaseIterable {
    /// As after a crash of the host: both sides get RST, and what was under way is lost.
    case reset
    /// As after the end of a process: both sides get FIN behind the last byte.
    case finish
  }

  /// What goes wrong in one direction; a value without arguments forwards everything at once.
  public struct Faults: Sendable {
    /// How long each portion waits; chosen evenly from the range. Order is kept.
    public var delay: ClosedRange<Duration> = .zero ... .zero
    /// The bytes of each write, chosen evenly from the range; `nil` for as many as there are.
    public var pieces: ClosedRange<Int>?
    /// The pause after each piece, of at least a millisecond when it is not zero.
    public var rest: Duration = .zero
    /// Whether bytes are kept back; at most 64 KiB of them, then the sender is not read any more.
    public var isPaused = false
    /// After how many bytes each connection is cut, counted from the moment this was set or from its beginning.
    public var cutAfter: Int?
    /// How it is cut.
    public var ending = Ending.reset

    /// Faults; what is not named goes well.
    public init(
      delay: ClosedRange<Duration> = .zero ... .zero, pieces: ClosedRange<Int>? = nil, rest: Duration = .zero,
      isPaused: Bool = false, cutAfter: Int? = nil, ending: Ending = .reset
    ) {
      self.delay = delay
      self.pieces = pieces
      self.rest = rest
      self.isPaused = isPaused
      self.cutAfter = cutAfter
      self.ending = ending
    }
  }

  /// The port of 127.0.0.1 that it listens on.
  public let port: Int
  /// The socket that it listens on besides.
  public let path: String?
  private let loop: ProxyLoop

  /// Starts a proxy in front of `target`, which need not run yet.
  public init(to target: Address, path: String? = nil, seed: UInt64 = 1) throws {
    port = try FreePort.next()
    self.path = path
    loop = try ProxyLoop(target: target, port: port, path: path, seed: seed)
    loop.start()
  }

  /// Whoever forgot to stop it leaves no thread and no connection behind.
  deinit { loop.stop() }

  // MARK: What goes wrong

  /// Sets what goes wrong in a direction (both when `nil`), for present and future connections.
  public func set(_ faults: Faults, _ direction: Direction? = nil) {
    loop.change { $0.set(faults, direction.map { [$0] } ?? Direction.allCases) }
  }

  /// Loses the present connections and those that are accepted until `pass`, without a word to anybody.
  ///
  /// They stay open, take what is sent and never answer, also after `pass`: as when a firewall has forgotten them. The
  /// server hears nothing of its client's end before `pass`.
  public func blackhole() { loop.change { $0.blackhole() } }

  /// Refuses new connections until `pass`; present ones go on.
  public func refuse() { loop.change { $0.refuse() } }

  /// Cuts all present connections now.
  public func cut(_ ending: Ending = .reset) { loop.change { $0.cutAll(ending) } }

  /// Lets everything pass again.
  public func pass() { loop.change { $0.pass() } }

  /// Closes everything; connecting is refused from now on. Doing it again is harmless.
  public func stop() { loop.stop() }

  // MARK: What has happened

  /// Connections accepted since the start.
  public var connectionCount: Int { loop.read { $0.acceptedCount } }

  /// Connections that are open now, lost ones included.
  public var openCount: Int { loop.read { $0.connections.count { $0.isClientOpen } } }

  /// Bytes handed on in a direction since the start.
  public func bytes(_ direction: Direction) -> Int { loop.read { $0.bytes[direction] ?? 0 } }
}
