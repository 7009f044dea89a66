/// What an advisory lock is about: something that the program has agreed on with itself, no table and no row.
///
/// Keys made from numbers and keys made from names never meet: PostgreSQL keeps them apart.
public struct AdvisoryLockKey: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    case pair(Int32, Int32)
    case single(Int64)
  }
  let form: Form

  /// A number within a namespace: `pg_advisory_lock(int4, int4)`.
  public init(namespace: Int32, number: Int32) { form = .pair(namespace, number) }

  /// A name, as 64 bits: `pg_advisory_lock(int8)`.
  ///
  /// The bits are the FNV-1a hash of the name's UTF-8, offset basis 14695981039346656037 and prime 1099511628211, so they
  /// stay the same in every version and other programs can compute them. Names that collide would share their lock.
  public init(name: String) {
    let hash = name.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    form = .single(Int64(bitPattern: hash))
  }

  /// Waits for the lock, which then belongs to the session.
  func lockCall() throws(RelationalError) -> StatementCall { try call("pg_advisory_lock", "relational.lock") }
  /// Gives the lock back.
  func unlockCall() throws(RelationalError) -> StatementCall { try call("pg_advisory_unlock", "relational.unlock") }

  private func call(_ function: String, _ name: String) throws(RelationalError) -> StatementCall {
    switch form {
    case .pair(let namespace, let number):
      try StatementCall(Statement<NoRow>(name + "Pair", "SELECT \(function)($1, $2)"), [namespace, number])
    case .single(let number):
      try StatementCall(Statement<NoRow>(name, "SELECT \(function)($1)"), [number])
    }
  }
}
