import Foundation
import Kernel
import Testing

@testable import Facade

@Suite("MH-9: readings") struct ReadingsTests {
  @Test(
    "A blood pressure over its threshold raises one alert and one notice, also when it is sent twice or stays high all day"
  )
  func oneAlert() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let now = world.clock.now()
      let high = [ReadingValue(kind: .systolic, value: 182), ReadingValue(kind: .diastolic, value: 121)]
      let first = try await world.haiju.readings.record(high, at: now, of: talent.person.id, as: talent.actor).value
      #expect(first.stored == 2)
      #expect(first.alerts.map(\.rule) == ["blood_pressure"])
      let again = try await world.haiju.readings.record(high, at: now, of: talent.person.id, as: talent.actor).value
      #expect(again == ReadingOutcome(stored: 0, alerts: []))
      let later = try await world.haiju.readings.record(
        high, at: now - .seconds(600), of: talent.person.id, as: talent.actor
      ).value
      #expect(later.stored == 2 && later.alerts.isEmpty)
      #expect(try await world.haiju.inbox.list(as: talent.actor).items.filter { $0.kind == .alert }.count == 1)
      #expect(try await world.haiju.readings.alerts(of: talent.person.id, as: talent.actor).count == 1)
    }
  }

  @Test("Wrong values are refused by name and nothing is stored")
  func wrongValues() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let now = world.clock.now()
      let cases: [([ReadingValue], Instant, [String])] = [
        ([ReadingValue(kind: .heartRate, value: 999)], now, ["range"]),
        ([ReadingValue(kind: .systolic, value: 120)], now, ["required"]),
        ([ReadingValue(kind: .systolic, value: 70), ReadingValue(kind: .diastolic, value: 110)], now, ["order"]),
        ([ReadingValue(kind: .heartRate, value: .nan)], now, ["range"]),
        ([ReadingValue(kind: .heartRate, value: 72)], now + .seconds(3600), ["future"]),
        ([], now, ["required"]),
      ]
      for (values, time, codes) in cases {
        let refusal = await failure {
          try await world.haiju.readings.record(values, at: time, of: talent.person.id, as: talent.actor)
        }
        guard case .invalid(let faults) = refusal else {
          Issue.record("\(String(describing: refusal))")
          continue
        }
        #expect(faults.map(\.code) == codes)
      }
      #expect(try await world.number("SELECT count(*) FROM reading") == 0)
      #expect(try await world.audited(.readingRecord, .refused) == Int64(cases.count))
    }
  }

  @Test(
    "A file that breaks in the middle stores its good lines, names the bad ones, and changes nothing when sent again")
  func brokenFile() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      var lines = ["time,value"]
      for minute in 0..<100 {
        lines.append(
          "2026-11-23 10:\(minute < 60 ? String(format: "%02d", minute) : "59:\(minute - 40)"),7\(minute % 10)")
      }
      lines[50] = "2026-11-23 1"
      let bytes = Array(lines.joined(separator: "\n").utf8)
      let file = ReadingFile(kind: .heartRate, bytes: bytes)
      let first = try await world.haiju.readings.upload(file, of: talent.person.id, as: talent.actor).value
      #expect(first.stored == 99 && first.duplicates == 0 && first.unreadable == 1)
      #expect(first.faults.map(\.line) == [51])
      #expect(first.message.contains("第 51 行"))
      let again = try await world.haiju.readings.upload(file, of: talent.person.id, as: talent.actor).value
      #expect(again.stored == 0 && again.duplicates == 99)
      #expect(try await world.number("SELECT count(*) FROM reading") == 99)
    }
  }

  @Test("A real sensor file of 68 000 lines is stored whole and thinned to a chart that keeps its extremes")
  func realSignal() async throws {
    let file = try HeartSignals.file("data3.csv")
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let upload = ReadingFile(kind: .pulseSignal, bytes: file)
      let outcome = try await world.haiju.readings.upload(upload, of: talent.person.id, as: talent.actor).value
      let lines = file.split(separator: UInt8(ascii: "\n")).count - 1
      #expect(outcome.stored == lines && outcome.refused == 0 && outcome.unreadable == 0)
      let again = try await world.haiju.readings.upload(upload, of: talent.person.id, as: talent.actor).value
      #expect(again.stored == 0 && again.duplicates == lines)
      let trend = try await world.haiju.readings.trend(of: talent.person.id, .pulseSignal, as: talent.actor)
      #expect(trend.total == Int64(lines))
      #expect((2...501).contains(trend.points.count))
    }
  }

  @Test("Nobody else writes or reads a person's readings")
  func foreign() async throws {
    try await World.with { world in
      let talent = try await world.registeredTalent()
      let stranger = try await world.registeredTalent()
      let value = [ReadingValue(kind: .heartRate, value: 72)]
      let now = world.clock.now()
      #expect(
        await failure {
          try await world.haiju.readings.record(value, at: now, of: talent.person.id, as: stranger.actor)
        } == .notFound(.person))
      #expect(
        await failure { try await world.haiju.readings.trend(of: talent.person.id, .heartRate, as: stranger.actor) }
          == .notFound(.person))
      let officer = try world.officer
      #expect(
        await failure { try await world.haiju.readings.trend(of: talent.person.id, .heartRate, as: officer) }
          == .forbidden(.readingRead))
    }
  }
}

/// The sensor signals that the PyPI package `heartpy` ships, from the tools folder that `./test` prepares.
enum HeartSignals {
  static func file(_ name: String) throws -> [UInt8] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let tools =
      ProcessInfo.processInfo.environment["HAIJU_TOOLS"].map { URL(filePath: $0) }
      ?? root.appending(path: ".haiju/tools")
    let libraries = try FileManager.default.contentsOfDirectory(
      at: tools.appending(path: "lib"), includingPropertiesForKeys: nil)
    let python = try #require(libraries.first { $0.lastPathComponent.hasPrefix("python3") })
    return Array(try Data(contentsOf: python.appending(path: "site-packages/heartpy/data/\(name)")))
  }
}
