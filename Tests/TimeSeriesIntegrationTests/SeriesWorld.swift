import Foundation
import Kernel
import Relational
import TestSupport
import TimeSeries

/// A fresh database with the time-series tables, and a store whose clock stands still.
struct SeriesWorld: Sendable {
  /// What the store takes for the present.
  static let now = Instant("2024-11-23T06:30:00Z")!

  let database: Database
  let store: SeriesStore

  /// Makes the database, runs the body, closes everything.
  static func with(_ body: @Sendable (SeriesWorld) async throws -> Void) async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    let database = try await Database.open(RelationalConfiguration(uri: uri))
    do {
      try await migrate(database)
      try await body(SeriesWorld(database: database, store: SeriesStore(database, clock: StoppedClock(time: now))))
    } catch {
      await database.close()
      throw error
    }
    await database.close()
  }

  /// A series of a new subject that accepts -1000...1000.
  func series(_ kind: String = "heart_rate") async throws -> SeriesID {
    try await store.register(
      SeriesDefinition(subject: UUID(), kind: kind, unit: "次/分", range: -1000...1000, label: "心率"), in: database)
  }

  /// Writes in a transaction of its own.
  @discardableResult
  func write(_ series: SeriesID, _ points: [Point]) async throws -> WriteReport {
    try await database.withTransaction { try await store.write(series, points, in: $0) }
  }

  /// Everything that is stored of a series.
  func all(_ series: SeriesID) async throws -> [Point] {
    try await store.range(series, .ever, limit: .max)
  }

  /// Runs the migration's file, statement by statement.
  private static func migrate(_ database: Database) async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Facade/Migrations/0002_time_series.sql").standardizedFileURL
    let statements = statements(of: try String(contentsOf: file, encoding: .utf8))
    try await database.withTransaction { tx in
      for statement in statements { try await tx.script(statement) }
    }
  }

  /// Cuts a script at semicolons that end a line outside of dollar quotes; the file keeps to that.
  private static func statements(of script: String) -> [String] {
    var statements: [String] = []
    var current = ""
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      current += line + "\n"
      let quotes = current.components(separatedBy: "$$").count - 1
      guard line.hasSuffix(";"), quotes.isMultiple(of: 2) else { continue }
      statements.append(current)
      current = ""
    }
    return statements
  }
}

extension TimeRange {
  /// All times that a store accepts.
  static let ever = TimeRange(from: Instant(seconds: 0), to: Instant("2100-01-01T00:00:00Z")!)!

  /// A range in ISO 8601.
  init(_ from: String, _ to: String) { self.init(from: Instant(from)!, to: Instant(to)!)! }
}

/// A clock that does not move.
struct StoppedClock: WallClock {
  let time: Instant
  func now() -> Instant { time }
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
