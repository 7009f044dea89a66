import Kernel
import Relational

/// What to list; conditions that are left out do not narrow.
public struct ServiceQuery: Sendable, Hashable {
  /// Words that must all occur, of any length.
  public var text: String?
  /// One area.
  public var area: District?
  /// One category.
  public var category: String?
  /// Only what is open to the person who asks; for others, what is open to everybody.
  public var onlyOpen: Bool

  /// A question about the catalogue.
  public init(text: String? = nil, area: District? = nil, category: String? = nil, onlyOpen: Bool = false) {
    self.text = text
    self.area = area
    self.category = category
    self.onlyOpen = onlyOpen
  }
}

/// A service, and whether the person who asks may use it.
public struct ServiceEntry: Sendable, Hashable {
  /// The definition in use.
  public let definition: ServiceDefinition
  /// The answer with its reasons; `nil` when no person asks.
  public let eligibility: Eligibility?

  /// Whether it counts as open: to the person, or to everybody when no person asks.
  var isOpen: Bool { eligibility?.open ?? definition.audience.isEverybody }
}

/// A part of the catalogue.
public struct ServiceList: Sendable {
  /// The services: best match first when words were given, otherwise by area, category and number.
  public let entries: [ServiceEntry]
  /// How many there would be in each area, all else equal; areas without any are left out.
  public let areaCounts: [AreaCount]
  /// How many there would be in each category, all else equal; categories without any are left out.
  public let categoryCounts: [CategoryCount]
  /// How many entries there are.
  public var total: Int { entries.count }

  /// How many services an area has.
  public struct AreaCount: Sendable, Hashable {
    /// The area.
    public let area: District
    /// How many.
    public let count: Int
  }

  /// How many services a category has.
  public struct CategoryCount: Sendable, Hashable {
    /// The category.
    public let category: String
    /// How many.
    public let count: Int
  }
}

/// The catalogue of services and who may use them.
public struct Services: Sendable {
  let core: Core

  /// The services that fit, with the answer for the person who asks; works signed out.
  ///
  /// The catalogue is in memory; one round trip for the person's standing when a person asks. Throws `.invalid` for a
  /// text of more than 100 characters.
  public func list(_ query: ServiceQuery = ServiceQuery(), as actor: Actor) async throws(HaijuError) -> ServiceList {
    try await core.read(.serviceRead, as: actor) {
      let text = query.text ?? ""
      if text.unicodeScalars.count > 100 {
        throw HaijuError.invalid([FieldFault("text", "too_long", "查找的文字太长，请控制在 100 字以内")])
      }
      let standing = try await core.standing(of: actor)
      let found = try await core.catalogue.current().find(text).map { $0.entry(for: standing) }
        .filter { !query.onlyOpen || $0.isOpen }
      let inArea = found.filter { query.area == nil || $0.definition.area == query.area }
      let inCategory = found.filter { query.category == nil || $0.definition.category == query.category }
      return ServiceList(
        entries: inArea.filter { query.category == nil || $0.definition.category == query.category },
        areaCounts: areaCounts(inCategory), categoryCounts: categoryCounts(inArea))
    }
  }

  /// A service in use, with the answer for the person who asks; `.notFound` when there is none, or none any more.
  public func require(_ id: String, as actor: Actor) async throws(HaijuError) -> ServiceEntry {
    try await core.read(.serviceRead, .service(typed: id), as: actor) {
      guard let definition = try await core.catalogue.current()[id] else { throw HaijuError.notFound(.service) }
      return definition.entry(for: try await core.standing(of: actor))
    }
  }

  private func areaCounts(_ entries: [ServiceEntry]) -> [ServiceList.AreaCount] {
    let counts = Dictionary(grouping: entries, by: \.definition.area).mapValues(\.count)
    return District.allCases.compactMap { area in counts[area].map { .init(area: area, count: $0) } }
  }

  private func categoryCounts(_ entries: [ServiceEntry]) -> [ServiceList.CategoryCount] {
    let counts = Dictionary(grouping: entries, by: \.definition.category).mapValues(\.count)
    let known = ServiceDefinition.categoryOrder
    return (known + counts.keys.filter { !known.contains($0) }.sorted())
      .compactMap { category in counts[category].map { .init(category: category, count: $0) } }
  }
}

extension AuditObject {
  /// A service by an id that somebody typed: cut, and without what PostgreSQL cannot hold, so that the record is written.
  static func service(typed id: String) -> AuditObject {
    .service(String(String.UnicodeScalarView(id.unicodeScalars.filter { !isUnseen($0) }.prefix(60))))
  }
}

extension ServiceDefinition {
  /// The entry for a person of some standing, or for nobody in particular.
  func entry(for standing: Standing?) -> ServiceEntry {
    ServiceEntry(definition: self, eligibility: standing.map(audience.eligibility))
  }
}

extension Core {
  /// What an actor's eligibility depends on now; `nil` when the actor is no person.
  func standing(of actor: Actor) async throws -> Standing? {
    guard let person = actor.person else { return nil }
    return try await database.first(ServiceStatements.standing, person, CivilDate(clock.now()))
  }
}
