import Documents
import Foundation
import Relational
import TimeSeries

/// The engines without the facade: each is a library of its own.
struct Hello: RowDecodable {
  let text: String
  let number: Int64

  init(row: inout RowReader) throws(DecodingFailure) {
    text = try row.next()
    number = try row.next()
  }
}

let environment = ProcessInfo.processInfo.environment

// PostgreSQL: a named statement with typed rows; values are bound.
let database = try await Database.open(RelationalConfiguration(uri: environment["HAIJU_PG_URI"] ?? ""))
let hello = Statement<Hello>("example.hello", "SELECT 'hello ' || $1, count(*) FROM employer")
let row = try await database.first(hello, "PostgreSQL")
print(row?.text ?? "-", row?.number ?? 0)

// MongoDB's protocol: documents in order, no operator can come from a value.
let store = try await DocumentStore.open(
  DocumentConfiguration(uri: environment["HAIJU_MONGO_URI"] ?? "", database: "haiju"))
let notes = store.collection("example_note")
try await notes.insert([["_id": .string(UUID().uuidString), "text": .string("你好")]])
print("notes", try await notes.count([:]))

// Time series: half-open ranges, fixed buckets.
let series = SeriesStore(database)
let pulse = try await series.register(
  SeriesDefinition(subject: UUID(), kind: "heart_rate", unit: "次/分", range: 20...260, label: "心率"), in: database)
let points = (0..<120).map { Point(time: .init(seconds: 1_700_000_000 + Int64($0)), value: 70 + Double($0 % 7)) }
let report = try await database.withTransaction { try await series.write(pulse, points, in: $0) }
guard let minute = TimeRange(from: .init(seconds: 1_700_000_000), to: .init(seconds: 1_700_000_120)) else {
  fatalError("a range from earlier to later")
}
let buckets = try await series.buckets(pulse, minute, width: .seconds(60))
print("stored", report.stored, "in", buckets.count, "buckets")

await store.close()
await database.close()
