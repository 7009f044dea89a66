import Testing

@testable import Relational

@Suite("Figures of statements")
struct StatisticsCounterTests {
  @Test("Names beyond the limit are counted together, and nothing is lost")
  func bounded() {
    let counters = StatisticsCounters()
    for round in 0..<2 {
      for number in 0..<StatisticsCounters.limit + 500 {
        let meter = counters.sent("name.\(number)", sql: "SELECT \(number)", lane: round == 0 ? .shared : .leased)
        meter.answered(.shared, since: MonotonicClock.now, rows: 2, bytes: 3, failed: number % 2 == 0)
      }
    }
    let statistics = counters.snapshot
    #expect(statistics.byStatement.count == StatisticsCounters.limit + 1)
    #expect(statistics.byStatement[StatisticsCounters.others]?.count == 1000)
    #expect(statistics.byStatement["name.7"]?.shared.count == 1 && statistics.byStatement["name.7"]?.leased.count == 1)
    #expect(statistics.statements == 5000 && statistics.rows == 10_000 && statistics.errors == 2500)
    #expect(counters.texts.count == StatisticsCounters.limit && counters.texts["name.7"] == "SELECT 7")
  }

  @Test("A snapshot stays as it is while counting goes on")
  func snapshots() {
    let counters = StatisticsCounters()
    let meter = counters.sent("name", sql: nil, lane: .shared, keys: 7)
    meter.answered(.shared, since: MonotonicClock.now, rows: 1, bytes: 1, failed: false)
    let before = counters.snapshot
    for _ in 0..<10 { meter.answered(.shared, since: MonotonicClock.now, rows: 1, bytes: 1, failed: false) }
    #expect(before.byStatement["name"]?.time.count == 1 && before.byStatement["name"]?.shared.keys == 7)
    #expect(counters.snapshot.byStatement["name"]?.time.count == 11)
  }
}

@Suite("Texts of statements as the server keeps them")
struct StatementTextTests {
  @Test(
    "A text and what the server makes of it are the same statement",
    arguments: [
      ("SELECT name\n  FROM person -- all\n WHERE id = $1;", "SELECT name FROM person WHERE id = $1"),
      ("SELECT 'it''s', -5, 1.5e-3, E'a\\'b', x'1F', $$a$b$$ FROM t", "SELECT $1, $2, $3, $4, $5, $6 FROM t"),
      ("UPDATE t SET a = TRUE, b = NULL WHERE c = $1", "UPDATE t SET a = $2, b = $3 WHERE c = $1"),
      ("SELECT a FROM t WHERE b IN (1, 2, 3)", "SELECT a FROM t WHERE b IN ($1 /*, ... */)"),
      ("SELECT a /* why /* nested */ */ - 1 FROM t", "SELECT a - $1 FROM t"),
      ("SELECT $tag$ it's $$ $tag$ LIMIT 10", "select $1 limit $2"),
    ])
  func same(ours: String, theirs: String) { #expect(StatementText.skeleton(ours) == StatementText.skeleton(theirs)) }

  @Test(
    "Different statements stay different",
    arguments: [
      ("SELECT a FROM t", "SELECT b FROM t"), ("SELECT \"A\" FROM t", "SELECT \"a\" FROM t"),
      ("SELECT a, b FROM t", "SELECT a FROM t"), ("SELECT a1 FROM t", "SELECT a2 FROM t"),
      ("SELECT 表 FROM t", "SELECT 海 FROM t"), ("SELECT a <= 1", "SELECT a >= 1"),
    ])
  func different(left: String, right: String) {
    #expect(StatementText.skeleton(left) != StatementText.skeleton(right))
  }

  @Test("Text that never ends its quotes or comments ends the reading")
  func unfinished() {
    for text in ["'", "\"a", "/* /*", "$a$ b", "E'\\", "$", "--", "1e", ""] { _ = StatementText.skeleton(text) }
  }
}
