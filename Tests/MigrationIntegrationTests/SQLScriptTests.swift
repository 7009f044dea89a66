import Migration
import Testing

@Suite("Cutting scripts into statements")
struct SQLScriptTests {
  private func texts(_ script: String) throws -> [String] { try SQLScript.statements(of: script).map(\.text) }

  @Test("Semicolons end statements, and empty pieces are none")
  func plain() throws {
    #expect(try texts("SELECT 1; SELECT 2;; ;\n SELECT 3 ") == ["SELECT 1", "SELECT 2", "SELECT 3"])
    #expect(try texts("").isEmpty)
    #expect(try texts(" ; -- nothing\n /* at all */ ;").isEmpty)
  }

  @Test(
    "A semicolon inside these ends nothing",
    arguments: [
      "SELECT 'a;b'", "SELECT 'it''s; fine'", #"SELECT 'back\'"#, #"SELECT E'it\'s; fine'"#, #"SELECT e'\\;'"#,
      #"SELECT "a;b""#, #"SELECT "a"";b""#, "SELECT $$a;b$$", "SELECT $x$a;$$;$y$;$x$", "SELECT $标$;$标$",
      "SELECT 1 -- ; not here\n + 1", "SELECT /* ; /* ; */ ; */ 1", "SELECT 1 /* -- */ + 1", "SELECT '/*', 1, '*/'",
      "SELECT '--;', 1", "SELECT $$--$$ || '/*;' || $$*/$$", "SELECT U&'\\0041;'", "SELECT B'1' || X'1F'",
      "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); INSERT INTO b VALUES (2))",
      "SELECT a$b$c FROM t", "SELECT E'a'\n  'b\\';c'", "SELECT 'a'\n 'b;c'",
    ])
  func enclosed(statement: String) throws {
    #expect(try texts(statement + ";\nSELECT 2;") == [statement, "SELECT 2"])
  }

  @Test("A backslash escapes in E strings only, also in a part on the next line")
  func backslashes() throws {
    #expect(try texts(#"SELECT 'a\'; SELECT 'b'"#) == [#"SELECT 'a\'"#, "SELECT 'b'"])
    #expect(try texts(#"SELECT E'a\\'; SELECT 'b'"#) == [#"SELECT E'a\\'"#, "SELECT 'b'"])
    // Without the line break the second string is one of its own, and plain.
    #expect(try texts("SELECT E'a' 'b\\'; SELECT 1") == ["SELECT E'a' 'b\\'", "SELECT 1"])
    // `type` ends in e, but the string after it is no E string.
    #expect(try texts(#"SELECT type'a\'; SELECT 1"#) == [#"SELECT type'a\'"#, "SELECT 1"])
  }

  @Test("A dollar in a name or before a digit opens no string")
  func dollars() throws {
    #expect(try texts("SELECT a$b; SELECT b$c") == ["SELECT a$b", "SELECT b$c"])
    #expect(try texts("PREPARE p AS SELECT $1; SELECT $2") == ["PREPARE p AS SELECT $1", "SELECT $2"])
    #expect(try texts("DO $$ BEGIN PERFORM $q$;$q$; END $$; SELECT 1").count == 2)
  }

  @Test("A body of BEGIN ATOMIC stays with its function, CASE inside it too")
  func atomicBodies() throws {
    let function = """
      CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql
      BEGIN ATOMIC
        SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END;
        SELECT 3;
      END
      """
    #expect(try texts(function + "; SELECT 1;") == [function, "SELECT 1"])
    #expect(try texts("CREATE FUNCTION g() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 1").count == 2)
    #expect(try texts("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN NULL; END$$; SELECT 1").count == 2)
  }

  @Test("Lines are counted where a statement begins, behind its comments")
  func lines() throws {
    let script = "\u{FEFF}-- one\n/* two\n three */\nSELECT 'a\nb';\r\n\r\n  SELECT 2"
    #expect(try SQLScript.statements(of: script).map(\.line) == [4, 7])
  }

  @Test("First words are lower case and leave out quoted names")
  func words() throws {
    let statement = try #require(try SQLScript.statements(of: #"Create  INDEX /* x */ "A b" ON t (a)"#).first)
    #expect(statement.words == ["create", "index", "on", "t", "a"])
  }

  @Test(
    "What does not end is named with its line",
    arguments: [
      ("SELECT 1;\nSELECT 'a", 2, "a quoted string does not end"), ("\n\nSELECT \"a", 3, "a quoted name does not end"),
      ("SELECT $a$ $b$", 1, "a dollar-quoted string does not end"), ("SELECT 1 /* /* */", 1, "a comment does not end"),
      ("SELECT (1;\nSELECT 2", 1, "a parenthesis is not closed"),
      ("\\i other.sql", 1, "a command of psql (\\) is no SQL"),
      ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;", 1, "BEGIN ATOMIC has no END"),
      ("SELECT 1;\nSELECT \0", 2, "a zero byte"),
    ])
  func unfinished(script: String, line: Int, problem: String) {
    let error = #expect(throws: SQLScriptError.self) { try SQLScript.statements(of: script) }
    #expect(error?.line == line)
    #expect(error?.problem == problem)
  }
}
