public import Foundation
public import Kernel
public import Relational

/// Series of readings in PostgreSQL: registered once, written idempotently, read by half-open ranges.
///
/// A value; copies share the database. Writing is in `write`, reading in `range`, `buckets`, `civilBuckets`, `latest`.
/// Every call that does not name where it runs takes a lease of its own: inside a transaction, pass the transaction.
///
/// ```swift
/// let pulse = try await store.register(.init(subject: person, kind: "heart_rate", unit: "次/分", range: 20...260,
///                                            label: "心率"), in: database)
/// let report = try await database.withTransaction { tx in try await store.write(pulse, points, in: tx) }
/// let days = try await store.civilBuckets(pulse, month, by: .day, zone: "Asia/Shanghai")
/// ```
public struct SeriesStore: Sendable {
  let database: Database
  let policy: AdmissionPolicy
  let clock: any WallClock

  /// A store on a migrated database; `policy` says which times it accepts, `clock` what the present is.
  public init(_ database: Database, policy: AdmissionPolicy = AdmissionPolicy(), clock: any WallClock = SystemClock()) {
    self.database = database
    self.policy = policy
    self.clock = clock
  }

  /// The id of a series, registering it when its subject has none of this kind.
  ///
  /// One round trip when it is known, two when it is new; safe when two register it at once. Range and label of a known
  /// series stay as they were. Throws `SeriesError.otherUnit` when it is known in another unit,
  /// `SeriesError.invalidDefinition` before asking the database, `RelationalError` for the rest.
  public func register(_ definition: SeriesDefinition, in queryable: some Queryable) async throws -> SeriesID {
    if let defect = definition.defect { throw SeriesError.invalidDefinition(defect) }
    if let known = try await registered(definition, in: queryable) { return known }
    let made = try await queryable.first(
      SeriesStatements.register, definition.subject, definition.kind, definition.unit, definition.range.lowerBound,
      definition.range.upperBound, definition.label)
    if let made { return made }
    // Somebody else was faster; the insert waited for that commit, so the series is there now.
    guard let known = try await registered(definition, in: queryable) else {
      throw SeriesError.invalidDefinition("the series vanished while it was registered")
    }
    return known
  }

  /// The id of a series, or `nil` when it was never registered. One round trip.
  public func find(subject: UUID, kind: String, in queryable: some Queryable) async throws(RelationalError) -> SeriesID?
  {
    try await queryable.first(SeriesStatements.find, subject, kind)?.id
  }

  /// What is registered under an id, or `nil`. One round trip.
  public func definition(_ series: SeriesID, in queryable: some Queryable) async throws(RelationalError)
    -> SeriesDefinition?
  {
    try await queryable.first(SeriesStatements.definition, series)
  }

  private func registered(_ definition: SeriesDefinition, in queryable: some Queryable) async throws -> SeriesID? {
    let known = try await queryable.first(SeriesStatements.find, definition.subject, definition.kind)
    guard let known else { return nil }
    guard known.unit == definition.unit else { throw SeriesError.otherUnit(registered: known.unit) }
    return known.id
  }
}
