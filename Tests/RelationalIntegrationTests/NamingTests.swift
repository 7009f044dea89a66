import Kernel
import Relational
import TestSupport
import Testing

@Suite("Prepared statements")
struct NamingTests {
  @Test("S3: 10 000 different statements leave no more than the limit on the server")
  func bounded() async throws {
    let uri = try await TestStores.postgres().freshDatabase()
    var configuration = RelationalConfiguration(uri: uri, poolSize: 1)
    configuration.statementCacheLimit = 50
    try await withDatabase(configuration) { (database) async throws in
      let held = Statement<Int64>("naming.held", "SELECT count(*) FROM pg_prepared_statements")
      try await database.withSession { (session) async throws in
        for number in 0..<10_000 {
          let statement = Statement<Int32>("naming.\(number)", "SELECT \(number)")
          #expect(try await session.first(statement) == Int32(number))
          if number % 1000 == 999 { #expect(try await session.first(held) ?? 99 <= 50) }
        }
      }
      #expect(try await database.first(held) == 50)
      var batch = Batch()
      for number in 0..<200 { batch.add(Statement<Int32>("naming.batch.\(number)", "SELECT \(number)")) }
      try await database.commit(batch)
      #expect(try await database.first(held) == 50)
    }
  }

  @Test("What was aborted or deallocated by hand is prepared again")
  func lost() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      let echo = Statement<Int64>("naming.echo", "SELECT $1")
      var batch = Batch()
      batch.add(Statement<Int64>("naming.bad", "SELECT 1 / $1"), 0)
      batch.add(echo, 1)
      for _ in 0..<3 { #expect(await failure { try await database.commit(batch) }?.sqlState == "22012") }
      #expect(try await database.first(echo, 2) == 2)
      try await database.withSession { (session) async throws in
        #expect(try await session.first(echo, 3) == 3)
        try await session.script("DEALLOCATE ALL")
        #expect(try await session.first(echo, 4) == 4)
      }
      // As a server would that lost them without our knowledge.
      _ = try await database.query(Statement<NoRow>("naming.drop", "DEALLOCATE ALL"))
      #expect(try await database.first(echo, 5) == 5)
    }
  }

  @Test("S2: a table altered between two runs costs one silent retry, inside a transaction a clean failure")
  func altered() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange("CREATE TABLE thing (a int4); INSERT INTO thing VALUES (1)")
      let narrow = Statement<Int32>("naming.thing", "SELECT * FROM thing")
      let wide = Statement<Int64>("naming.thing", "SELECT * FROM thing")
      #expect(try await database.query(narrow) == [1])
      try await database.arrange("ALTER TABLE thing ALTER COLUMN a TYPE int8")
      #expect(try await database.query(wide) == [1])
      let error = await failure {
        try await database.withTransaction { (tx) async throws in
          try await tx.script("ALTER TABLE thing ALTER COLUMN a TYPE int4")
          _ = try await tx.query(narrow)
        }
      }
      #expect(error?.sqlState == "0A000" && error?.statement == "naming.thing")
      #expect(try await database.query(wide) == [1])
      // A batch is run again as a whole: nothing of it was committed.
      try await database.arrange("ALTER TABLE thing ALTER COLUMN a TYPE int4")
      var batch = Batch()
      batch.add(Statement<NoRow>("naming.add", "INSERT INTO thing VALUES (2)"))
      let rows = batch.add(narrow)
      #expect(try await database.commit(batch)[rows] == [1, 2])
      // What the plan has been is deallocated, not left behind.
      let held = Statement<Int64>(
        "naming.held", "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'naming.thing#%'")
      #expect(try await database.first(held) == 1)
    }
  }

  @Test("S1: sessions of pgbouncer keep nothing, and UTC all the same")
  func pgbouncer() async throws {
    let server = try await TestStores.postgres()
    let bouncer = try await TempPgBouncer.start(
      for: server, poolSize: 2, settings: ["ignore_startup_parameters": "extra_float_digits"])
    let name = try await server.newDatabase()
    try await server.run("ALTER DATABASE \(name) SET TimeZone = 'Australia/Lord_Howe'")
    var configuration = RelationalConfiguration(uri: bouncer.uri(name), poolSize: 6)
    configuration.statementNaming = .unnamedOnly
    try await withDatabase(configuration) { (database) async throws in
      // More clients than servers, so transactions change servers all the time.
      try await withThrowingTaskGroup { group in
        for task in 0..<12 {
          group.addTask { () async throws in
            for round in 0..<50 {
              let echo = Statement<Int64>(
                "naming.echo.\(round % 5)", lane: task % 2 == 0 ? .shared : .leased, "SELECT $1 + \(round % 5)")
              #expect(try await database.first(echo, task * 100) == Int64(task * 100 + round % 5))
              #expect(try await database.first(Statement<String>("naming.zone", "SHOW TimeZone")) == "UTC")
              try await database.withTransaction { (tx) async throws in
                #expect(try await tx.first(echo, round) == Int64(round + round % 5))
                #expect(try await tx.first(echo, task) == Int64(task + round % 5))
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await server.run("SELECT count(*) FROM pg_prepared_statements", in: name).contains("0"))
    }
    await bouncer.stop()
  }
}

@Suite("What arrives unasked")
struct UnaskedTests {
  @Test("I6: notices, changed settings and notifications between answers disturb nothing")
  func disturbances() async throws {
    try await withDatabase(poolSize: 1) { (database) async throws in
      try await database.arrange(
        """
        CREATE TABLE entry (id int8);
        CREATE FUNCTION disturb(n int8) RETURNS int8 LANGUAGE plpgsql AS $$
          BEGIN
            RAISE NOTICE 'number %', n;
            PERFORM set_config('application_name', 'n' || n, false);
            PERFORM set_config('TimeZone', CASE WHEN n % 2 = 0 THEN 'UTC' ELSE 'Asia/Shanghai' END, false);
            RAISE WARNING 'number %', n;
            RETURN n;
          END $$
        """)
      let disturb = Statement<Int64>("unasked.disturb", "SELECT disturb($1)")
      let notify = Statement<NoRow>("unasked.notify", "NOTIFY unasked, 'hello'")
      try await database.withSession { (session) async throws in
        try await session.script("LISTEN unasked")
        for number in 0..<50 {
          #expect(try await session.first(disturb, number) == Int64(number))
          try await session.execute(notify)
        }
      }
      var batch = Batch()
      let replies = (0..<200).map { number in
        batch.add(notify)
        return batch.add(disturb, number)
      }
      let answers = try await database.commit(batch)
      for (number, reply) in replies.enumerated() { #expect(try answers[reply] == [Int64(number)]) }
      try await database.withTransaction { (tx) async throws in
        var next: Int64 = 1
        for try await row in tx.copyOut(
          CopyOut<Int64>("unasked.copy", "SELECT disturb(n) FROM generate_series(1::int8, 2000) n"))
        {
          #expect(row == next)
          next += 1
        }
        #expect(next == 2001)
        next = 1
        let numbers = Statement<Int64>("unasked.cursor", "SELECT disturb(n) FROM generate_series(1::int8, 500) n")
        for try await row in tx.cursor(numbers, fetch: 50) {
          #expect(row == next)
          next += 1
        }
        #expect(next == 501)
      }
    }
  }
}
