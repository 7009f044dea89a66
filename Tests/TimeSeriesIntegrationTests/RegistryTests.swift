import Foundation
import Kernel
import Relational
import Testing
import TimeSeries

@Suite("The registry of series")
struct RegistryTests {
  @Test("A subject has one series of a kind, also when many register it at once")
  func once() async throws {
    try await SeriesWorld.with { world async throws in
      let subject = UUID()
      let definition = SeriesDefinition(
        subject: subject, kind: "blood_pressure.systolic", unit: "mmHg", range: 40...300, label: "收缩压")
      // The ids that twenty registrations at once receive.
      let ids = try await withThrowingTaskGroup(of: SeriesID.self) { group in
        for _ in 0..<20 { group.addTask { try await world.store.register(definition, in: world.database) } }
        return try await group.reduce(into: Set<SeriesID>()) { $0.insert($1) }
      }
      let id = try #require(ids.first)
      #expect(ids.count == 1)
      #expect(try await world.store.find(subject: subject, kind: definition.kind, in: world.database) == id)
      #expect(try await world.store.find(subject: subject, kind: "pulse", in: world.database) == nil)
      #expect(try await world.store.definition(id, in: world.database) == definition)
    }
  }

  @Test("Another unit under the same name is refused")
  func otherUnit() async throws {
    try await SeriesWorld.with { world async throws in
      let subject = UUID()
      func sugar(_ unit: String) -> SeriesDefinition {
        SeriesDefinition(subject: subject, kind: "blood_sugar", unit: unit, range: 0...60, label: "血糖")
      }
      let id = try await world.store.register(sugar("mmol/L"), in: world.database)
      await #expect(throws: SeriesError.otherUnit(registered: "mmol/L")) {
        try await world.store.register(sugar("mg/dL"), in: world.database)
      }
      #expect(try await world.store.register(sugar("mmol/L"), in: world.database) == id)
    }
  }
}
