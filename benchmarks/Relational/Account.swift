import BenchmarkReports
import Kernel
import Relational

/// A row of `pgbench_accounts`, as all contenders read it.
struct Account: RowDecodable {
  let aid: Int32
  let bid: Int32
  let abalance: Int32

  init(row: inout RowReader) throws(DecodingFailure) {
    aid = try row.next()
    bid = try row.next()
    abalance = try row.next()
  }
}

extension Statement where Row == Account {
  /// One account by its primary key.
  static let account = Statement("bench.account", lane: .shared, accountByKey)

  /// Fifty accounts in the order of the key.
  static let accounts = Statement("bench.accounts", lane: .shared, accountsFromKey)
}

extension KeyedStatement where Key == Int32, Row == Account {
  /// One account by its primary key, together with the concurrent look-ups of others.
  static let account = KeyedStatement("bench.accountByKey", accountsByKeys)
}

/// The text that every contender sends.
let accountByKey = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = $1"
/// The text of look-ups that travel together.
let accountsByKeys = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = ANY ($1)"
/// The text of the list.
let accountsFromKey = "SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid BETWEEN $1 AND $1 + 49"
/// How many rows the list has.
let listLength = 50

/// The row that came is another one than was asked for, or none: a benchmark of wrong answers is worth nothing.
struct WrongAnswer: Error {}

extension LoadRandom {
  /// A key between 1 and `rows`.
  mutating func key(_ rows: Int) -> Int32 { Int32(truncatingIfNeeded: 1 + next() % UInt64(rows)) }
}
