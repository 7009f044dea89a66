import Foundation
import Kernel
import Testing

@testable import Facade

@Suite("Searching the catalogue")
struct SearchTests {
  static let snapshot: @Sendable () async throws -> CatalogueSnapshot = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let entries = try await DefinitionFolder.read(root.appending(path: "definitions").path())
    return CatalogueSnapshot(revision: 1, definitions: entries.map(\.definition))
  }

  @Test("Every two-character piece of every title and description finds its service")
  func everyPair() async throws {
    let snapshot = try await Self.snapshot()
    for definition in snapshot.definitions {
      for text in [definition.title, definition.description] {
        for (first, second) in zip(text, text.dropFirst()) where !first.isWhitespace && !second.isWhitespace {
          let found = snapshot.find("\(first)\(second)")
          #expect(found.contains { $0.id == definition.id }, "\(first)\(second) in \(definition.id)")
        }
      }
    }
  }

  @Test("The index finds exactly what a plain scan of all texts finds")
  func sameAsScan() async throws {
    let snapshot = try await Self.snapshot()
    for word in ["人才", "医", "VIP", "vip", "服务", "保险", "MH-1", "talent", "没有这个词", "x"] {
      let folded = SearchIndex.fold(word)
      let scanned = snapshot.definitions.filter { definition in
        ([
          definition.title, definition.titleEnglish ?? "", definition.category, definition.id, definition.summary,
          definition.area.title, definition.unitName, definition.description,
        ] + definition.keywords)
        .contains { SearchIndex.fold($0).contains(folded) }
      }
      #expect(Set(snapshot.find(word).map(\.id)) == Set(scanned.map(\.id)), "\(word)")
    }
  }

  @Test("Full width, capitals and spaces make no difference")
  func folding() async throws {
    let snapshot = try await Self.snapshot()
    let plain = snapshot.find("虹桥机场vip").map(\.id)
    #expect(plain == ["SVC-交通出行-1"])
    #expect(snapshot.find("虹桥机场ＶＩＰ").map(\.id) == plain)
    #expect(snapshot.find("　VIP　虹桥 ").map(\.id) == plain)
  }

  @Test("Several words must all occur; a word in the title comes before one in the description")
  func ranking() async throws {
    let snapshot = try await Self.snapshot()
    let found = snapshot.find("保险").map(\.title)
    let inTitle = found.prefix { $0.contains("保险") }
    #expect(inTitle.count >= 2)
    #expect(found.dropFirst(inTitle.count).allSatisfy { !$0.contains("保险") })
    #expect(snapshot.find("新能源 牌照").map(\.id) == ["SVC-交通出行-3"])
    #expect(snapshot.find("新能源 门诊").isEmpty)
  }

  @Test("The list is ordered by area, category and number, and is the same each time")
  func order() async throws {
    let snapshot = try await Self.snapshot()
    let ids = snapshot.definitions.map(\.id)
    #expect(ids.first == "SVC-入境居留-1")
    #expect(snapshot.find("  ").map(\.id) == ids)
    let areas = snapshot.definitions.map(\.area)
    #expect(areas == areas.sorted { District.allCases.firstIndex(of: $0)! < District.allCases.firstIndex(of: $1)! })
    let innovation = ids.filter { $0.hasPrefix("BS-") && snapshot[$0]?.category == "创新创业" }
    let numbers = innovation.compactMap { Int($0.dropFirst(3)) }
    #expect(numbers == numbers.sorted())
    #expect(numbers.contains { $0 < 10 } && numbers.contains { $0 >= 10 })
  }
}
