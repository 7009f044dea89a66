/// How the relational benchmark is run.
public struct RelationalBenchmarkSettings: Sendable {
  /// A part of the benchmark that can be run by itself; in the order in which they run.
  public enum Part: String, Sendable, CaseIterable {
    /// COPY into a table; first, since memory that other parts have left free would hide how this one grows.
    case copy
    /// Point reads by primary key.
    case point
    /// Lists of fifty rows.
    case list
    /// Point reads beside a slow statement.
    case slow
    /// Transactions of three writing statements.
    case write
  }

  /// The programs that are measured beside ours.
  public enum Peer: String, Sendable, CaseIterable {
    /// PostgreSQL's own benchmark program, and psql for COPY.
    case pgbench
    /// Python's fastest client.
    case asyncpg
    /// Python's client on libpq.
    case psycopg
  }

  /// An existing database to use instead of a throw-away server; its `pgbench_*` and `bench_*` tables are replaced.
  public var uri: String?
  /// Whether the other programs run, too.
  public var peers = false
  /// Which of them.
  var peerPrograms = Set(Peer.allCases)
  /// How long each measurement of reads and writes lasts, in seconds; pgbench takes whole ones.
  public var seconds = 2.0
  /// How often each is measured; medians are reported.
  public var rounds = 3
  /// Keys read and rows copied. The table has at least as many, in steps of 100,000.
  public var rows = 1_000_000
  /// How many tasks read at once, one after the other.
  public var tasks = [1, 8, 100, 1000]
  /// How many tasks list and write at once.
  public var crowd = 100
  /// The parts to run.
  public var parts = Set(Part.allCases)
  /// The seed of all random keys.
  public var seed: UInt64 = 1
  /// The folder of the Python environment with asyncpg and psycopg.
  public var tools: String?

  /// The settings of the full run, without peers.
  public init() {}

  /// Whether this program runs beside ours.
  func runs(_ peer: Peer) -> Bool { peers && peerPrograms.contains(peer) }

  /// pgbench's measure of size: 100,000 accounts and 10 tellers each.
  var scale: Int { max(1, (rows + 99_999) / 100_000) }
  /// Rows of the copy that watches memory.
  var manyRows: Int { rows * 10 }
  /// Client counts among which pgbench's best is sought.
  static let fewClients = [4, 8, 16, 20]
}
