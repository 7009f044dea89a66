import Foundation
import Kernel
import Testing

@testable import Relational

private enum Level: String, SQLTextEnum { case first, second }

@Suite("Decoders and hostile bytes")
struct DecoderFuzzTests {
  private typealias Decoder = any (SQLDecodable & SQLEncodable).Type

  private static let decoders: [Decoder] = [
    Bool.self, Int16.self, Int32.self, Int64.self, Int.self, UInt32.self, UInt64.self, Float.self, Double.self,
    String.self, Level.self, JSONText.self, SQLDecimal.self, Instant.self, CivilDate.self, CivilDateTime.self,
    TimeOfDay.self, SQLInterval.self, Unbounded<Instant>.self, Unbounded<CivilDate>.self, UUID.self,
    Identifier<Level>.self, CommitMark.self, SQLNetworkAddress.self, SQLRange<Int32>.self, SQLRange<SQLDecimal>.self,
    SQLRange<Unbounded<Instant>>.self, SQLMultirange<CivilDate>.self, [Int64].self, [String?].self, [UInt8].self,
    [[UInt8]].self, [SQLDecimal].self, [SQLRange<Int64>].self, [Level].self, [SQLMultirange<Int32>].self,
    [SQLNetworkAddress].self, Int64?.self,
  ]

  /// Bytes that are right, to be damaged.
  private static func intact() throws -> [[UInt8]] {
    let date = SQLRange(CivilDate(daysSince1970: 1)..<CivilDate(daysSince1970: 9))
    let values: [any SQLEncodable] = [
      true, Int32(7), Int64(-7), 1.5, "海聚", JSONText("{}"), SQLDecimal("-1234567.8901") ?? SQLDecimal(0),
      Instant(microseconds: 1), SQLInterval(months: 1, days: 2, microseconds: 3), UUID(),
      SQLNetworkAddress("2001:db8::/32") ?? "", date, SQLMultirange([date, date]), [1, 2, 3], ["a", nil, "c"],
      [SQLDecimal(10_000)], [SQLRange<Int64>(1...2)], [[UInt8](1...5)],
    ]
    return try values.map { value in
      var writer = SQLWriter()
      try value.encode(into: &writer)
      return writer.bytes
    }
  }

  private static func decode(_ type: Decoder, _ bytes: [UInt8]) throws {
    func open<T: SQLDecodable & SQLEncodable>(_ type: T.Type) throws {
      let value = try bytes.withUnsafeBytes { try T(sqlBytes: $0) }
      // What was read can be shown and, unless it is out of PostgreSQL's range, sent back.
      _ = "\(value)"
      var writer = SQLWriter()
      try value.encode(into: &writer)
    }
    try open(type)
  }

  @Test("Random and damaged bytes are values or failures, never a crash: 100 000 rounds over every decoder")
  func fuzz() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the decoders' random bytes: \(seed)")
    var random = SeededRandom(seed: seed)
    let intact = try Self.intact()
    var (read, refused) = (0, 0)
    for round in 0..<100_000 {
      var bytes = intact[Int.random(in: 0..<intact.count, using: &random)]
      if round % 3 == 0 {
        bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      } else {
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] =
            [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        }
        if round % 5 == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
        if round % 7 == 0 { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
      }
      let decoder = Self.decoders[round % Self.decoders.count]
      do {
        try Self.decode(decoder, bytes)
        read += 1
      } catch is DecodingFailure {
        refused += 1
      } catch is EncodingFailure {
        read += 1
      }
    }
    #expect(read > 1000 && refused > 1000, "seed \(seed)")
  }

  @Test("T7: bytes that are not UTF-8 are malformed, never repaired, wherever text is read")
  func invalidText() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x61, 0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80]] {
      for type: Decoder in [String.self, JSONText.self] {
        #expect(throws: DecodingFailure(.malformed(String.sqlType))) { try Self.decode(type, bytes) }
      }
      #expect(throws: DecodingFailure.self) { try Self.decode(Level.self, bytes) }
    }
  }

  @Test("Limits of a range that contradict its length are malformed")
  func ranges() {
    for bytes: [UInt8] in [[], [0x20], [0x01, 0], [0x00], [0x18, 0], [0x08], [0x02, 0, 0, 0, 4, 0, 0, 0, 1]] {
      #expect(throws: DecodingFailure.self) { try Self.decode(SQLRange<Int32>.self, bytes) }
    }
    #expect(throws: Never.self) { try Self.decode(SQLRange<Int32>.self, [0x18]) }
  }

  @Test("Of a column without a type, whatever the row asks for is read; of any other only its own")
  func untyped() {
    let bytes: [UInt8] = [0, 0, 0, 9]
    bytes.withUnsafeBytes { bytes in
      for (type, isRead) in [(Cell.untyped, true), (Int32.sqlType.oid, true), (Float.sqlType.oid, false)] {
        var cells = [Cell(start: bytes.baseAddress, length: 4, type: type)]
        let number = cells.withUnsafeMutableBufferPointer { cells -> Int32? in
          guard let start = cells.baseAddress else { return nil }
          var reader = RowReader(start, count: 1)
          return try? reader.whole(Int32.self)
        }
        #expect(number == (isRead ? 9 : nil))
      }
    }
  }
}
