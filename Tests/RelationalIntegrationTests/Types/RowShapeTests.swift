import Kernel
import Relational
import TestSupport
import Testing

private struct Pair: RowDecodable {
  let left: Int64
  let right: Int64

  init(row: inout RowReader) throws(DecodingFailure) {
    left = try row.next()
    right = try row.next()
  }
}

@Suite("Shape of rows")
struct RowShapeTests {
  @Test("A wrong column type names statement, column, expected and actual type")
  func mismatch() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<Int64>("people.count", "SELECT 1::int4 AS total"))
      }
      #expect(error?.code == .decoding)
      #expect(error?.statement == "people.count")
      let message = error?.message ?? ""
      #expect(message.contains("total") && message.contains("int8") && message.contains("int4"))
    }
  }

  @Test("Null, missing and extra columns are errors, not guesses")
  func shape() async throws {
    try await withDatabase { database in
      let null = await failure { _ = try await database.query(Statement<Int64>("shape.null", "SELECT NULL::int8")) }
      #expect(null?.message.contains("null") == true)
      let extra = await failure { _ = try await database.query(Statement<Int64>("shape.extra", "SELECT 1::int8, 2")) }
      #expect(extra?.message.contains("nobody reads") == true)
      let missing = await failure {
        _ = try await database.query(Statement<Pair>("shape.missing", "SELECT 1::int8"))
      }
      #expect(missing?.message.contains("fewer columns") == true)
    }
  }

  @Test("A type that only the server knows is named in the error, its kind too")
  func namedTypes() async throws {
    let cases = [
      ("SELECT ROW('Lu', 7)::address AS place", "address (composite)"),
      ("SELECT ARRAY[ROW('Lu', 7)::address] AS place", "address[] (composite)"),
      ("SELECT 'first'::level AS place", "level (enum)"),
      ("SELECT '[1,2]'::span AS place", "span (range)"),
    ]
    try await withDatabase { database in
      try await database.arrange(
        """
        CREATE TYPE address AS (street text, number int); CREATE TYPE level AS ENUM ('first');
        CREATE TYPE span AS RANGE (subtype = float8)
        """)
      for lane in [Lane.shared, .leased] {
        for (index, (sql, name)) in cases.enumerated() {
          let statement = Statement<String>("shape.named.\(lane).\(index)", lane: lane, sql)
          let error = await failure { _ = try await database.query(statement) }
          #expect(error?.code == .decoding && error?.statement == statement.name)
          #expect(error?.message == "column 1 (place): expected text, the column is \(name)")
          // The transaction is still good for its next statement.
          try await database.withTransaction { transaction in
            let inside = await failure { _ = try await transaction.first(statement) }
            #expect(inside?.message == error?.message)
            let next = try await transaction.first(Statement<Int32>("shape.after", "SELECT 1"))
            #expect(next == 1)
          }
        }
      }
    }
  }
}
