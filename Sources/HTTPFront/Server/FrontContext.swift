import Hummingbird
import NIOCore

/// What the server knows of a request before anything of it is read: its trace id and where it came from.
struct FrontContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Finds the request's lines in the log and its records in the audit trail.
  let trace: String
  /// The network address of the other side.
  let address: String

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    trace = randomName(bytes: 12)
    address = source.channel.remoteAddress?.ipAddress ?? "local"
  }
}

/// A random name in hexadecimal, from the system's secure source.
func randomName(bytes count: Int) -> String {
  let digits = Array("0123456789abcdef")
  var generator = SystemRandomNumberGenerator()
  return String((0..<count * 2).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
}
