/// One statement of the shared lane, on behalf of one passenger or of many.
enum Ride {
  case single(Passenger)
  case together(LookupBatch)

  var call: StatementCall {
    switch self {
    case .single(let passenger):
      guard case .call(let call) = passenger.errand else { preconditionFailure("look-ups travel together") }
      return call
    case .together(let batch): return batch.call
    }
  }

  /// What it adds to the load of a connection.
  var weight: Int {
    switch self {
    case .single: 1
    case .together(let batch): batch.weight
    }
  }

  /// Of a look-up: how many keys travel together.
  var keys: Int { if case .together = self { weight } else { 0 } }

  /// Misfortunes so far: a failing neighbour, a lost connection while it was being answered.
  var mishaps: Int {
    get {
      switch self {
      case .single(let passenger): passenger.mishaps
      case .together(let batch): batch.mishaps
      }
    }
    nonmutating set {
      switch self {
      case .single(let passenger): passenger.mishaps = newValue
      case .together(let batch): batch.mishaps = newValue
      }
    }
  }

  /// Whether nobody waits for the answer any longer.
  var isDeserted: Bool {
    switch self {
    case .single(let passenger): passenger.hasLeft
    case .together(let batch): batch.callers.allSatisfy { $0.caller.hasLeft }
    }
  }

  func forEachPassenger(_ body: (Passenger) -> Void) {
    switch self {
    case .single(let passenger): body(passenger)
    case .together(let batch): for (caller, _) in batch.callers { body(caller) }
    }
  }
}

/// A statement under way.
struct Departure {
  let ride: Ride
  /// The lane's tick until which its answer must have come.
  let answerBy: Int
  let meter: StatementMeter
  let sentAt: UInt64
}
