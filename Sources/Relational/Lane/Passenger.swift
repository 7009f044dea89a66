/// Somebody who waits for an answer of the shared lane.
///
/// `@unchecked Sendable` is proven by three phases: until it is handed over, only the caller's task writes (the
/// continuation); from then until it is resumed, only the loop's thread reads and writes; afterwards only the task reads.
/// A cancellation that overtakes the handing over reaches nothing but `isAboard` and `hasLeft`, which are the loop's.
final class Passenger: LookupCaller, @unchecked Sendable {
  enum Errand {
    case call(StatementCall)
    case lookUp(LookUp)
  }

  let errand: Errand
  var continuation: UnsafeContinuation<PQResult, any Error>?
  /// Of a look-up: the row of the result, or what `Match` says instead.
  var row: Int32 = 0
  /// The lane's tick until which it must have been sent.
  var waitsUntil = 0
  /// How often it met misfortune under way; whoever did travels alone from then on.
  var mishaps = 0
  /// Whether nobody waits for the answer any longer: it was given, or the task was cancelled.
  private(set) var hasLeft = false
  private var isAboard = false

  init(_ errand: Errand) { self.errand = errand }

  var statement: String {
    switch errand {
    case .call(let call): call.name
    case .lookUp(let lookUp): lookUp.statement.name
    }
  }

  var key: LookupKey {
    guard case .lookUp(let lookUp) = errand else { preconditionFailure("only a look-up has a key") }
    return lookUp.key
  }

  /// The lane takes it over; when its task was cancelled before, the continuation to tell it.
  func board() -> UnsafeContinuation<PQResult, any Error>? {
    isAboard = true
    return hasLeft ? continuation.take() : nil
  }

  /// It waits no longer; whoever gets the continuation answers. `nil` when there is nobody to answer: that was done, or
  /// it is not aboard yet and will be told then.
  func leave() -> UnsafeContinuation<PQResult, any Error>? {
    guard !hasLeft else { return nil }
    hasLeft = true
    return isAboard ? continuation.take() : nil
  }
}
