import Testing

@testable import Relational

@Suite("Which statements leave traces in a session")
struct SessionTracesTests {
  @Test(
    "P6: what changes the session beyond the transaction is known from the text",
    arguments: [
      "SET work_mem = '1MB'", "  set session search_path TO x", "/* why */ SET ROLE other", "-- why\nRESET ALL",
      "LISTEN channel", "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_lock_shared($1)",
      "SELECT a FROM b WHERE pg_try_advisory_lock(a)", "CREATE TEMP TABLE t (a int)",
      "CREATE LOCAL TEMPORARY TABLE t (a int)", "CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
      "SELECT 1 INTO TEMP t", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "PREPARE p AS SELECT 1",
      "SELECT set_config('a.b', $1, false)", "SELECT set_config('a.b', $1, $2)",
      "SELECT set_config('a', 'x', true), set_config('b', 'y', false)", "SELECT setseed(0.5)", "LOAD 'x'",
      "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    ])
  func traces(sql: String) { #expect(SessionTraces.areLeft(by: sql)) }

  @Test(
    "P6: what ends with the transaction costs no reset",
    arguments: [
      "", "SELECT 1", "UPDATE t SET a = 1", "SET LOCAL work_mem = '1MB'", "SET CONSTRAINTS ALL DEFERRED",
      "SET TRANSACTION READ ONLY", "SELECT set_config('a.b', $1, true)",
      "SELECT set_config('a', f(x, y), TRUE), set_config('b', 'false)', true)", "SELECT pg_advisory_xact_lock(1)",
      "SELECT 'LISTEN; pg_advisory_lock(1)'", "-- SET nothing\nSELECT 1", "SELECT temp FROM weather",
      "CREATE TEMPORARY TABLE t (a int) ON COMMIT DROP", "INSERT INTO temporary_note VALUES (1)",
      "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1", "INSERT INTO listen SELECT * FROM x",
    ])
  func none(sql: String) { #expect(!SessionTraces.areLeft(by: sql)) }
}
