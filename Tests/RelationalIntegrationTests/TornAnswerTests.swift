import Relational
import TestSupport
import Testing

@Suite("An answer that was cut off")
struct TornAnswerTests {
  private static let echo = Statement<Int64>("torn.echo", lane: .shared, "SELECT $1")
  private static let list = Statement<Int32>("torn.list", "SELECT n FROM generate_series(1, 30) AS n")

  @Test(
    "Wherever answers break off, each is whole, asked for again, or an error", arguments: FaultProxy.Ending.allCases)
  func torn(ending: FaultProxy.Ending) async throws {
    let server = try await TestStores.postgres()
    let proxy = try await server.proxy()
    let uri = server.uri(try await server.newDatabase(), through: proxy)
    var resends = 0
    for length in stride(from: 5, to: 1500, by: 37) {
      var configuration = RelationalConfiguration(uri: uri, poolSize: 1, acquireTimeout: .seconds(10))
      configuration.sharedConnections = 1
      let database = try await Database.open(configuration)
      // Prepared before, so that the cut is in the answers.
      #expect(try await database.first(Self.echo, 0) == 0)
      #expect(try await database.query(Self.list).count == 30)
      proxy.set(.init(cutAfter: length, ending: ending), .toClient)
      await withTaskGroup { group in
        group.addTask {
          let error = await failure { () async throws in
            #expect(try await database.query(Self.list) == Array(1...30))
          }
          #expect(error == nil || error?.code == .unavailable)
        }
        for number in 1...30 {
          group.addTask {
            let error = await failure { () async throws in
              let got = try await database.first(Self.echo, number)
              #expect(got == Int64(number))
            }
            #expect(error == nil || error?.code == .unavailable)
          }
        }
        group.addTask {
          try? await Task.sleep(for: .milliseconds(20))
          proxy.pass()
        }
      }
      resends += database.statistics.connections.laneResends
      await database.close()
    }
    // Otherwise nothing was cut.
    #expect(resends > 100)
    proxy.stop()
  }
}
