import Kernel
import Relational
import Synchronization
import Testing

/// What callers were told about their writes, to be compared with what the server has kept.
final class Ledger: Sendable {
  private enum Told { case done, certainlyNot, perhaps }

  private struct State {
    var singles: [Int64: Told] = [:]
    var pairs: [Int64: Told] = [:]
    var slowest = Duration.zero
    var strange: [String] = []
    /// Calls that have not ended, by kind.
    var underWay: [String: Int] = [:]
  }
  private let state = Mutex(State())
  private let nextID = Atomic<Int64>(0)

  static let tables = """
    CREATE TABLE single (id int8 PRIMARY KEY);
    CREATE TABLE pair (id int8, part int4, PRIMARY KEY (id, part))
    """
  private static let insertSingle = Statement<NoRow>("ledger.single", "INSERT INTO single VALUES ($1)")
  private static let insertPart = Statement<NoRow>("ledger.part", "INSERT INTO pair VALUES ($1, $2)")
  private static let read = Statement<Int64>("ledger.read", lane: .shared, "SELECT $1")

  /// The longest that a call took.
  var slowest: Duration { state.withLock { $0.slowest } }
  /// Errors of other kinds, and answers that belong to another question.
  var strange: [String] { state.withLock { $0.strange } }
  /// How many calls of each kind have not ended.
  var underWay: [String: Int] { state.withLock { $0.underWay.filter { $0.value > 0 } } }
  /// How many writes were acknowledged, certainly not done, and left open.
  var counts: (done: Int, certainlyNot: Int, perhaps: Int) {
    state.withLock { state in
      let all = Array(state.singles.values) + Array(state.pairs.values)
      return (all.count { $0 == .done }, all.count { $0 == .certainlyNot }, all.count { $0 == .perhaps })
    }
  }

  /// One read on the shared lane: an answer of its own or an error.
  func readOnce(_ database: Database, _ number: Int64) async {
    await timed("read") { () async throws in
      let answer = try await database.first(Self.read, number)
      if answer != number { self.note("\(number) was answered with \(answer.map(String.init) ?? "no row")") }
    }
  }

  /// One row by a statement of its own.
  func writeSingle(_ database: Database) async {
    let id = takeID()
    let told = await timed("single") { try await database.execute(Self.insertSingle, id) }
    state.withLock { $0.singles[id] = told }
  }

  /// Two rows in one transaction.
  func writePair(_ database: Database) async {
    let id = takeID()
    let told = await timed("transaction") {
      try await database.withTransaction { transaction in
        try await transaction.execute(Self.insertPart, id, Int32(1))
        try await transaction.execute(Self.insertPart, id, Int32(2))
      }
    }
    state.withLock { $0.pairs[id] = told }
  }

  /// Nothing acknowledged is missing, nothing that certainly did not happen is there, no transaction is half there.
  func compare(with database: Database) async throws {
    let singles = Set(try await database.query(Statement<Int64>("ledger.singles", "SELECT id FROM single")))
    let parts = try await database.query(Statement<Int64>("ledger.pairs", "SELECT id FROM pair"))
    let counts = Dictionary(parts.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(counts.values.allSatisfy { $0 == 2 }, "a transaction is half there")
    let told = state.withLock { ($0.singles, $0.pairs) }
    for (name, told, kept) in [("single", told.0, singles), ("pair", told.1, Set(counts.keys))] {
      let missing = told.filter { $0.value == .done && !kept.contains($0.key) }
      #expect(missing.isEmpty, "\(name): acknowledged and missing")
      let wrong = told.filter { $0.value == .certainlyNot && kept.contains($0.key) }
      #expect(wrong.isEmpty, "\(name): said not to have happened and there")
    }
  }

  private func takeID() -> Int64 { nextID.add(1, ordering: .relaxed).newValue }

  private func note(_ text: String) { state.withLock { $0.strange.append(text) } }

  @discardableResult
  private func timed(_ kind: String, _ body: () async throws -> Void) async -> Told {
    let start = ContinuousClock.now
    state.withLock { $0.underWay[kind, default: 0] += 1 }
    defer {
      let took = ContinuousClock.now - start
      state.withLock { state in
        state.slowest = max(state.slowest, took)
        state.underWay[kind, default: 0] -= 1
      }
    }
    do {
      try await body()
      return .done
    } catch let error as RelationalError {
      // Whoever is refused at once comes back a moment later.
      try? await Task.sleep(for: .milliseconds(10))
      return error.mayHaveTakenEffect ? .perhaps : .certainlyNot
    } catch {
      note("\(error)")
      return .perhaps
    }
  }
}
