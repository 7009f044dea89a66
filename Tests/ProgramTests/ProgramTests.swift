import BenchmarkReports
import BenchmarkScenarios
import Foundation
import Kernel
import Synchronization
import TestSupport
import Testing

@Suite("The program as a process", .serialized) struct ProgramTests {
  @Test("From empty stores the verbs make a serving program; a short load leaves no failed operation and no drift")
  func fromNothing() async throws {
    let stack = try await ProgramStack.start()
    let pending = try await stack.run(["migrate", "status", "--json"])
    #expect(pending.code == 1)
    #expect(pending.output.contains("\"pending\""))
    let early = try await stack.run(["serve"])
    #expect(early.code != 0, "a program on an unmigrated schema must refuse to serve")

    try await stack.prepare()
    #expect(try await stack.run(["migrate", "status"]).code == 0)
    #expect(try await stack.run(["keys", "create", "root.key"]).code == 77, "a root key is never replaced")
    let mode = try FileManager.default.attributesOfItem(atPath: stack.accountsFile)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let seeded = try await stack.run(["seed", "--people", "120", "--seed", "1", "--json"])
    #expect(seeded.code == 0)
    let again = try await stack.run(["seed", "--people", "120", "--seed", "1", "--json"])
    #expect(again.output.contains("\"added\" : 0"))

    let server = try await stack.serve()
    let bench = try await stack.run(["bench", "users", "--users", "10", "--seconds", "4", "--json"])
    #expect(bench.code == 0, "\(bench.output)")
    let figures = try JSONDecoder().decode(BenchmarkReport.self, from: Data(bench.output.utf8)).figures
    #expect(figures.allSatisfy { $0.errors == 0 })
    #expect(figures.contains { $0.name == "case.submit" && $0.value > 0 })
    let statements = try await stack.run(["db", "statements"])
    #expect(statements.code == 0 && statements.output.contains("session.find"), "\(statements.output)")
    try await settled(stack)
    let rebuilt = try await stack.run(["rebuild", "dossier"])
    #expect(rebuilt.code == 0, "\(rebuilt.output)")
    #expect(try await stack.run(["drift"]).code == 0)
    #expect(try await stack.run(["doctor"]).code == 0)
    await server.stop()
    #expect(server.exitCode == 0)
    await stack.stop()
  }

  @Test("The application's role can neither change the schema nor history")
  func rights() async throws {
    let stack = try await ProgramStack.start()
    try await stack.prepare()
    for sql in [
      "DROP TABLE person", "CREATE TABLE x (i int)", "TRUNCATE audit_entry", "DELETE FROM audit_entry",
      "UPDATE dossier_change SET revision = 9",
      "DELETE FROM person", "UPDATE migration_ledger SET name = 'x'", "ALTER TABLE account DISABLE TRIGGER ALL",
    ] {
      await #expect(throws: ServerProcess.Failure.self, "\(sql)") {
        try await stack.postgres.run("SET ROLE haiju_app; \(sql)", in: "test_1")
      }
    }
    await stack.stop()
  }

  @Test(
    "Killed with SIGKILL under load, several times: every acknowledged registration is there, whole, and drift is zero")
  func killed() async throws {
    let stack = try await ProgramStack.start()
    try await stack.prepare()
    let acknowledged = Mutex<Set<String>>([])
    for round in 0..<3 {
      let server = try await stack.serve()
      let scenario = try await JourneyScenario(against: stack.target, accounts: stack.accountsFile) { person in
        _ = acknowledged.withLock { $0.insert(person) }
      }
      // Users only register here, so that the program dies in the middle of many of them.
      async let load = LoadRun(
        scenario.registrations, against: stack.target,
        settings: .init(users: 8, duration: .seconds(3), timeout: .seconds(5))
      ).run()
      try await Task.sleep(for: .milliseconds(1200 + 400 * round))
      await server.kill()
      _ = await load
    }
    let server = try await stack.serve()
    try await settled(stack)
    let people = acknowledged.withLock { $0 }
    #expect(people.count > 10)
    let whole = try await stack.postgres.run(
      """
      SELECT p.id FROM person p
       WHERE EXISTS (SELECT FROM account a WHERE a.person_id = p.id)
         AND EXISTS (SELECT FROM certification_case c WHERE c.person_id = p.id)
         AND EXISTS (SELECT FROM audit_entry e WHERE e.object_id = p.id::text AND e.operation = 'person.register')
         AND (SELECT revision FROM dossier_head h WHERE h.person_id = p.id) = (SELECT count(*) FROM dossier_change c WHERE c.person_id = p.id)
      """, in: "test_1")
    let found = Set(whole.split(separator: "\n").map(String.init))
    #expect(people.subtracting(found).isEmpty)
    let count = try await stack.postgres.run("SELECT count(*) FROM person", in: "test_1")
    #expect(Int(count.trimmingCharacters(in: .whitespacesAndNewlines)) == found.count, "no half registration")
    await server.stop()
    await stack.stop()
  }

  /// Waits until the comparison of the stores finds nothing.
  private func settled(_ stack: ProgramStack) async throws {
    var last = ""
    for _ in 0..<30 {
      let drift = try await stack.run(["drift", "--json"])
      if drift.code == 0 { return }
      last = drift.output
      try await Task.sleep(for: .seconds(1))
    }
    Issue.record("drift remains: \(last.prefix(2000))")
  }
}

@Suite("The browser") struct BrowserTests {
  @Test("The whole journey works in a real browser, at desk and phone width", .timeLimit(.minutes(10)))
  func journey() async throws {
    let stack = try await ProgramStack.start()
    try await stack.prepare()
    let server = try await stack.serve()
    let tools =
      ProcessInfo.processInfo.environment["HAIJU_TOOLS"]
      ?? ProgramStack.root.appending(path: ".haiju/tools").path(percentEncoded: false)
    let ended = try await stack.runTool(
      tools + "/bin/python", ["-m", "pytest", "-q", "-p", "no:cacheprovider", "Tests/Browser"],
      more: ["PYTHONDONTWRITEBYTECODE": "1"])
    #expect(ended.code == 0, "\(ended.output.suffix(6000))")
    print(ended.output.split(separator: "\n").last ?? "")
    await server.stop()
    await stack.stop()
  }
}
