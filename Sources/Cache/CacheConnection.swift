import CHiredis
import Foundation

/// What Redis answered.
enum CacheReply: Equatable {
  case nothing
  case integer(Int64)
  case bytes([UInt8])
  case status
  case refused
}

/// Why there is no answer.
enum CacheFailure: Error, Equatable {
  case unreachable
  case refusedLogin
  case broken
}

/// One blocking connection, used by one thread. Not `Sendable`: the compiler keeps it inside its actor.
///
/// One command is under way at a time, and a connection whose answer did not come in time is never used again. So an
/// answer can only ever reach the question that it belongs to.
final class CacheConnection {
  private let context: UnsafeMutablePointer<redisContext>

  /// Connects, signs in and chooses the database; each step within `patience`.
  init(_ address: CacheAddress, patience: Duration) throws(CacheFailure) {
    Self.blockBrokenPipeSignal()
    let timeout = timeval(patience)
    guard let context = redisConnectWithTimeout(address.host, address.port, timeout) else { throw .unreachable }
    self.context = context
    guard context.pointee.err == 0, redisSetTimeout(context, timeout) == REDIS_OK else { throw .unreachable }
    if let password = address.password {
      let words = ["AUTH"] + (address.user.map { [$0] } ?? []) + [password]
      guard try command(words.map { Array($0.utf8) }) == .status else { throw .refusedLogin }
    }
    if address.database != 0 {
      guard try command(["SELECT", "\(address.database)"].map { Array($0.utf8) }) == .status else {
        throw .refusedLogin
      }
    }
  }

  deinit { redisFree(context) }

  /// Sends one command and waits for its answer. After a throw this connection must not be used again.
  func command(_ words: [[UInt8]]) throws(CacheFailure) -> CacheReply {
    // hiredis wants an array of pointers; all words share one buffer that stays in place during the call.
    let lengths = words.map(\.count)
    let answer = Array(words.joined()).withUnsafeBytes { buffer -> UnsafeMutableRawPointer? in
      var offset = 0
      var pointers: [UnsafePointer<CChar>?] = []
      for length in lengths {
        // An empty word still needs an address; none of its bytes is read.
        pointers.append((buffer.baseAddress.map { $0 + offset })?.assumingMemoryBound(to: CChar.self))
        offset += length
      }
      return redisCommandArgv(context, Int32(words.count), &pointers, lengths)
    }
    guard let answer else { throw .broken }
    defer { freeReplyObject(answer) }
    return CacheReply(answer.assumingMemoryBound(to: redisReply.self).pointee)
  }

  /// hiredis writes to sockets without `MSG_NOSIGNAL`; blocked on this thread, the signal does not end the program.
  private static func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}

extension CacheReply {
  init(_ reply: redisReply) {
    switch reply.type {
    case REDIS_REPLY_NIL: self = .nothing
    case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
    case REDIS_REPLY_STATUS: self = .status
    case REDIS_REPLY_STRING:
      self = .bytes(Array(UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))))
    default: self = .refused
    }
  }
}

extension timeval {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
  }
}
