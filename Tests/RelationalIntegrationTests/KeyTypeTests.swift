import Foundation
import Relational
import Testing

/// Reads a key of any type and a number.
private struct Keyed<Key: SQLValue & Equatable>: RowDecodable, Equatable {
  let key: Key
  let number: Int32
  init(key: Key, number: Int32) { (self.key, self.number) = (key, number) }
  init(row: inout RowReader) throws(DecodingFailure) {
    key = try row.next()
    number = try row.next()
  }
}

@Suite("Keys of all types")
struct KeyTypeTests {
  private func check<Key>(_ type: String, _ keys: [Key], missing: Key) async throws
  where Key: SQLArrayElement & SQLValue & Hashable & Sendable {
    try await withDatabase { (database) async throws in
      try await database.arrange("CREATE TABLE entry (key \(type) PRIMARY KEY, number int4 NOT NULL)")
      let put = Statement<NoRow>("entry.put", "INSERT INTO entry VALUES ($1, $2)")
      for (number, key) in keys.enumerated() { try await database.execute(put, key, Int32(number)) }
      let find = KeyedStatement<Key, Keyed<Key>>(
        "entry.find", "SELECT key, number FROM entry WHERE key = ANY ($1)")
      try await withThrowingTaskGroup { group in
        for (number, key) in keys.enumerated() {
          group.addTask { () async throws in
            #expect(try await database.find(find, key) == Keyed(key: key, number: Int32(number)))
          }
          group.addTask { () async throws in #expect(try await database.find(find, missing) == nil) }
        }
        try await group.waitForAll()
      }
      #expect(try await database.find(find, all: keys + [missing]).count == keys.count)
    }
  }

  @Test("int2, int4 and int8")
  func integers() async throws {
    try await check("int2", [Int16.min, -1, 0, 1, Int16.max], missing: 7)
    try await check("int4", [Int32.min, -1, 0, 1, Int32.max], missing: 7)
    try await check("int8", [Int64.min, -1, 0, 1, Int64.max], missing: 7)
    try await check("int8", [Int.min, -1, 0, 1, Int.max], missing: 7)
  }

  @Test("uuid")
  func uuids() async throws { try await check("uuid", (0..<40).map { _ in UUID() }, missing: UUID()) }

  @Test("text of every length around the limit of what lies in the key itself")
  func texts() async throws {
    let texts = (0..<40).map { String(repeating: "k", count: $0) } + ["海聚", "人才服务人才服务人才服务", "a", "A"]
    try await check("text", texts, missing: "nothing")
  }

  @Test("A column of another type is refused, as everywhere")
  func otherType() async throws {
    try await withDatabase { database in
      try await database.arrange(
        "CREATE TABLE entry (key int4 PRIMARY KEY, number int4); INSERT INTO entry VALUES (1, 1)")
      let find = KeyedStatement<Int64, Keyed<Int64>>(
        "entry.find", "SELECT key, number FROM entry WHERE key = ANY ($1)")
      let error = await failure { _ = try await database.find(find, 1) }
      #expect(error?.code == .decoding)
      #expect(error?.message.contains("expected int8") == true && error?.message.contains("int4") == true)
    }
  }

  @Test("Where SQL calls different bytes equal, a look-up fails instead of finding nothing")
  func widerEquality() async throws {
    try await withDatabase { (database) async throws in
      try await database.arrange(
        """
        CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE entry (key text COLLATE folded PRIMARY KEY, number int4); INSERT INTO entry VALUES ('abc', 1)
        """)
      let find = KeyedStatement<String, Keyed<String>>(
        "entry.find", "SELECT key, number FROM entry WHERE key = ANY ($1)")
      #expect(await failure { _ = try await database.find(find, "ABC") }?.code == .decoding)
      #expect(try await database.find(find, "abc")?.number == 1)
    }
  }

  @Test("A key that cannot be sent is refused before anything is sent, and null finds nothing")
  func unsendable() async throws {
    try await withDatabase { (database) async throws in
      let find = KeyedStatement<String, Keyed<String>>(
        "entry.find", "SELECT key, number FROM entry WHERE key = ANY ($1)")
      #expect(await failure { _ = try await database.find(find, "a\0b") }?.code == .encoding)
      let optional = KeyedStatement<String?, Keyed<String>>("entry.null", find.sql)
      #expect(try await database.find(optional, nil) == nil)
      #expect(database.statistics.byStatement["entry.find"] == nil)
    }
  }

  @Test("Another text under the same name is not mixed with the first")
  func sameName() async throws {
    try await withDatabase { (database) async throws in
      let one = KeyedStatement<Int64, Keyed<Int64>>(
        "entry.find", "SELECT k, 1::int4 FROM unnest($1) k WHERE k = ANY ($1)")
      let two = KeyedStatement<Int64, Keyed<Int64>>(
        "entry.find", "SELECT k, 2::int4 FROM unnest($1) k WHERE k = ANY ($1)")
      #expect(try await database.find(one, 5)?.number == 1)
      #expect(await failure { _ = try await database.find(two, 5) }?.code == .misuse)
      let same = KeyedStatement<Int64, Keyed<Int64>>("entry.find", one.sql)
      #expect(try await database.find(same, 6)?.number == 1)
    }
  }
}
