/// The look-ups of one keyed statement on the shared lane.
final class LookupGroup {
  let statement: LookupStatement
  var machine = CoalescingMachine<Passenger>()
  /// Whether the lane has noted that somebody gathers here.
  var isListed = false

  init(_ statement: LookupStatement) { self.statement = statement }

  /// Whether a look-up means this very statement, which a name alone does not prove.
  func serves(_ other: LookupStatement) -> Bool {
    statement === other
      || statement.sql == other.sql && statement.keyType == other.keyType
  }

  /// The next batch as a statement, when one may leave now.
  func nextBatch(connections: Int) -> LookupBatch? {
    machine.nextBatch(connections: connections).map { LookupBatch($0, of: self) }
  }
}

/// One `= ANY ($1)` on behalf of many callers.
final class LookupBatch {
  let group: LookupGroup
  let call: StatementCall
  var mishaps = 0
  private let batch: CoalescingMachine<Passenger>.Batch

  init(_ batch: CoalescingMachine<Passenger>.Batch, of group: LookupGroup) {
    self.batch = batch
    self.group = group
    call = group.statement.call(for: batch.keys)
  }

  var callers: [(caller: Passenger, key: Int32)] { batch.callers }
  var weight: Int { batch.keys.keys.count }

  /// Tells each caller which row is theirs; throws when the key column does not fit the key's type.
  func assign(_ result: PQResult) throws(DecodingFailure) {
    let rows = try group.statement.rows(of: batch.keys, in: result)
    for (caller, key) in batch.callers { caller.row = rows[Int(key)] }
  }
}
