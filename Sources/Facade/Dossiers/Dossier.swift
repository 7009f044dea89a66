public import Kernel

/// What Haiju knows about one person, each value with who said so and since when.
public struct Dossier: Sendable, Hashable {
  /// A value with its origin.
  public struct Field: Sendable, Hashable {
    /// The field's name in the API.
    public let name: String
    /// What people call it.
    public let label: String
    /// The value; of a secret only its mask.
    public let value: String
    /// Whether the value is kept sealed.
    public let isSecret: Bool
    /// Who vouches for it.
    public let source: String
    /// Since when it holds.
    public let validFrom: CivilDate?
    /// When Haiju learned it.
    public let recordedAt: Instant
    /// The revision that set it.
    public let revision: Int64
  }

  /// The fields of one section.
  public struct Section: Sendable, Hashable {
    /// Which section.
    public let section: DossierSection
    /// What people call it.
    public let title: String
    /// Its fields, in the order in which they came.
    public let fields: [Field]
  }

  /// Where the answer came from; it is the same in content.
  public enum Origin: Sendable, Hashable {
    /// A copy in the cache.
    case cache
    /// The document store.
    case documents
    /// The document store with changes that were not there yet.
    case overlaid(pending: Int)
    /// The log in PostgreSQL, because the document store is away.
    case log
  }

  /// Whose.
  public let person: PersonID
  /// The latest revision; revisions count from 1 without gaps.
  public let revision: Int64
  /// The sections that have fields.
  public let sections: [Section]
  /// Whether the person is sample data.
  public let isSample: Bool
  /// Where the answer came from.
  public let origin: Origin
}

/// One revision of a dossier.
public struct DossierChange: Sendable, Hashable {
  /// Its number.
  public let revision: Int64
  /// When it was recorded.
  public let recordedAt: Instant
  /// Who made it; `nil` for Haiju itself.
  public let actorName: String?
  /// In which section.
  public let section: DossierSection
  /// What people call the fields that it set.
  public let labels: [String]
}
