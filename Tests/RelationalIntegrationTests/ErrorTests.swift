import Relational
import Testing

@Suite("Errors", .alsoBehindPgBouncer)
struct ErrorTests {
  private static let insert = Statement<NoRow>("account.insert", "INSERT INTO account VALUES ($1, $2, $3)")

  private func arrange(_ database: Database) async throws {
    try await database.arrange(
      """
      CREATE TABLE unit (id int8 PRIMARY KEY);
      CREATE TABLE account (
        id int8 PRIMARY KEY, email text CONSTRAINT account_email_unique UNIQUE,
        unit int8 CONSTRAINT account_unit_known REFERENCES unit, CONSTRAINT account_id_positive CHECK (id > 0));
      INSERT INTO unit VALUES (1)
      """)
  }

  @Test("A unique violation carries constraint, table and statement, and no value")
  func unique() async throws {
    try await withDatabase { database in
      try await arrange(database)
      #expect(try await database.execute(Self.insert, 1, "secret@example.org", 1) == 1)
      let error = await failure { try await database.execute(Self.insert, 2, "secret@example.org", 1) }
      #expect(error?.code == .uniqueViolation)
      #expect(error?.sqlState == "23505")
      #expect(error?.constraint == "account_email_unique")
      #expect(error?.table == "account")
      #expect(error?.statement == "account.insert")
      #expect(error?.isConstraintViolation == true && error?.isTransient == false)
      #expect(error.map { !"\($0)".contains("secret") } == true)
    }
  }

  @Test("Check, foreign key and not-null violations are told apart")
  func others() async throws {
    try await withDatabase { database in
      try await arrange(database)
      let check = await failure { try await database.execute(Self.insert, -1, "a", 1) }
      #expect(check?.code == .checkViolation && check?.constraint == "account_id_positive")
      let foreign = await failure { try await database.execute(Self.insert, 1, "a", 99) }
      #expect(foreign?.code == .foreignKeyViolation && foreign?.constraint == "account_unit_known")
      let missing = await failure { try await database.execute(Self.insert, Int?.none, "a", 1) }
      #expect(missing?.code == .notNullViolation)
    }
  }

  @Test("An error about data does not repeat the value")
  func values() async throws {
    try await withDatabase { database in
      let error = await failure {
        _ = try await database.query(Statement<Int32>("cast", "SELECT $1::text::int4"), "秘密")
      }
      #expect(error?.sqlState == "22P02")
      #expect(error.map { !"\($0)".contains("秘密") } == true)
    }
  }

  @Test("Text with NUL is refused, and the connection stays usable")
  func nul() async throws {
    try await withDatabase { (database) async throws in
      let echo = Statement<String>("echo", "SELECT $1")
      let error = await failure { _ = try await database.query(echo, "a\u{0}b") }
      #expect(error?.code == .encoding && error?.statement == "echo")
      #expect(try await database.first(echo, "ab") == "ab")
    }
  }

  @Test("A table altered between two runs of a statement costs one silent retry")
  func stalePlan() async throws {
    try await withDatabase(poolSize: 1) { database in
      try await database.arrange("CREATE TABLE thing (a int4); INSERT INTO thing VALUES (1)")
      let all = Statement<Int32>("thing.all", "SELECT * FROM thing")
      #expect(try await database.query(all) == [1])
      try await database.arrange(
        "ALTER TABLE thing ALTER COLUMN a TYPE int8; ALTER TABLE thing ALTER COLUMN a TYPE int4; ALTER TABLE thing ADD b int4; ALTER TABLE thing DROP b"
      )
      #expect(try await database.query(all) == [1])
      try await database.arrange("ALTER TABLE thing ALTER COLUMN a TYPE int8")
      let wide = Statement<Int64>("thing.all", "SELECT * FROM thing")
      #expect(try await database.query(wide) == [1])
      let shared = Statement<Int64>("thing.shared", lane: .shared, "SELECT * FROM thing")
      #expect(try await database.query(shared) == [1])
      try await database.arrange("ALTER TABLE thing ALTER COLUMN a TYPE int4")
      #expect(try await database.query(Statement<Int32>("thing.shared", lane: .shared, "SELECT * FROM thing")) == [1])
    }
  }

  @Test("The same name with another text or other types is another statement")
  func names() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      #expect(try await database.first(Statement<Int64>("same", "SELECT $1"), 7) == 7)
      #expect(try await database.first(Statement<String>("same", "SELECT $1"), "x") == "x")
      #expect(try await database.first(Statement<Int64>("same", "SELECT $1 + 1"), 7) == 8)
    }
  }

  @Test("A connection string that cannot be read is refused without repeating it")
  func configuration() async throws {
    let error = await failure {
      _ = try await Database.open(RelationalConfiguration(uri: "postgresql://u:geheim@host:port:x/%%"))
    }
    #expect(error?.code == .configuration)
    #expect(error.map { !"\($0)".contains("geheim") } == true)
  }
}
