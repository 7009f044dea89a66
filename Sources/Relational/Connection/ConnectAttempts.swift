import Kernel

/// The places of a plan, tried one after the other. It belongs to a wire, on whose thread it stays.
struct ConnectAttempts {
  private var left: ArraySlice<[(keyword: String, value: String)]>
  private let patience: Duration
  private var failures: [String] = []
  /// Until when the present place must have answered, if there is another one.
  private(set) var deadline: Deadline?

  init(_ plan: ConnectPlan) {
    left = plan.candidates[...]
    patience = plan.patience
  }

  /// Whether the present place has been silent for too long.
  var isLate: Bool { deadline?.hasPassed ?? false }

  /// Why every place so far was of no use.
  var failure: String { failures.isEmpty ? "no answer from the server" : failures.joined(separator: "; ") }

  /// Begins with the next place that does not refuse at once.
  mutating func next() -> PQConnection? {
    while let options = left.popFirst() {
      deadline = left.isEmpty ? nil : .after(patience)
      guard let pq = PQConnection(connectStart: options) else { return nil }
      if !pq.isBad, pq.socket >= 0 { return pq }
      failures.append(pq.errorMessage)
    }
    return nil
  }

  /// The present place is given up.
  mutating func failed(_ pq: PQConnection) {
    let message = pq.errorMessage
    failures.append(isLate ? [message, "no answer in time"].filter { !$0.isEmpty }.joined(separator: ": ") : message)
  }
}
