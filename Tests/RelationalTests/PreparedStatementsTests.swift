import Testing

@testable import Relational

@Suite("The statements that a connection has prepared")
struct PreparedStatementsTests {
  private func call(_ name: String, sql: String = "SELECT 1") throws -> StatementCall {
    try StatementCall(Statement<NoRow>(name, sql), [])
  }

  @Test("S3: the one used longest ago makes room, and its name is given once for deallocation")
  func bounded() throws {
    var prepared = PreparedStatements(.init(limit: 2))
    let first = prepared.resolve(try call("a"))
    #expect(first.mustPrepare)
    let second = prepared.resolve(try call("b"))
    #expect(second.mustPrepare && second.name != first.name)
    // Used again, so the other one is older.
    #expect(prepared.resolve(try call("a")) == (first.name, false))
    #expect(!prepared.hasDeallocations)
    #expect(prepared.resolve(try call("c")).mustPrepare)
    #expect(prepared.takeDeallocations() == ["DEALLOCATE \"\(second.name)\""])
    #expect(prepared.takeDeallocations() == [])
    #expect(prepared.resolve(try call("a")) == (first.name, false))
  }

  @Test("Another text under the same name takes the place of the former")
  func sameName() throws {
    var prepared = PreparedStatements()
    let old = prepared.resolve(try call("a"))
    let new = prepared.resolve(try call("a", sql: "SELECT 2"))
    #expect(new.mustPrepare && new.name != old.name)
    #expect(prepared.takeDeallocations() == ["DEALLOCATE \"\(old.name)\""])
  }

  @Test("What the server never had is not deallocated, what could not be deallocated is again")
  func forgetting() throws {
    var prepared = PreparedStatements()
    _ = prepared.resolve(try call("a"))
    prepared.forget("a")
    #expect(!prepared.hasDeallocations)
    let again = prepared.resolve(try call("a"))
    #expect(again.mustPrepare)
    prepared.discard("a")
    #expect(prepared.takeDeallocations() == ["DEALLOCATE \"\(again.name)\""])
    prepared.keep("DEALLOCATE x")
    #expect(prepared.hasDeallocations)
    prepared.discardAll()
    #expect(prepared.takeDeallocations() == ["DEALLOCATE ALL"])
  }

  @Test("Over 10 000 statements no more than the limit are on the server at any time")
  func many() throws {
    var prepared = PreparedStatements(.init(limit: 16))
    var server: Set<String> = []
    var random = SeededRandom(seed: 7)
    for _ in 0..<10_000 {
      let (name, mustPrepare) = prepared.resolve(try call("s\(Int.random(in: 0..<40, using: &random))"))
      guard mustPrepare else {
        #expect(server.contains("DEALLOCATE \"\(name)\""))
        continue
      }
      for old in prepared.takeDeallocations() { #expect(server.remove(old) != nil) }
      server.insert("DEALLOCATE \"\(name)\"")
      #expect(server.count <= 16)
    }
  }

  @Test("Without names nothing is remembered")
  func unnamed() throws {
    var prepared = PreparedStatements(.init(naming: .unnamedOnly))
    for _ in 0..<3 { #expect(prepared.resolve(try call("a")) == ("", true)) }
    #expect(!prepared.hasDeallocations)
  }
}
