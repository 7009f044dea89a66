public import GMCrypto

/// The store that a migration changes.
public enum MigrationStore: String, Sendable, Hashable, CaseIterable {
  /// PostgreSQL; files `NNNN_name.sql`.
  case relational
  /// The document store; files `NNNN_name.documents.json`.
  case documents
}

/// One migration of a folder.
public struct MigrationFile: Sendable {
  /// Its place in the one order over all stores.
  public let number: Int
  /// What it is called, without number and suffix.
  public let name: String
  /// The store it changes.
  public let store: MigrationStore
  /// SM3 of the file.
  public let checksum: SM3Digest
  /// SM3 over this file's number, name, store and checksum and over the chain of the file before it: it stands for the
  /// whole history up to here.
  public let chain: SM3Digest
  /// What it does.
  let body: Body
  let provider: OpenSSLProvider

  enum Body: Sendable {
    case relational(RelationalScript)
    case documents(DocumentPlan)
  }

  /// The file's name in its folder.
  public var fileName: String { Self.fileName(number: number, name: name, store: store) }

  /// How many steps are counted while it runs: statements, or 1 for a document migration.
  var steps: Int {
    switch body {
    case .relational(let script): script.statements.count
    case .documents: 1
    }
  }

  /// A fingerprint of the first steps, as far as they can run apart from the rest.
  func fingerprint(first count: Int) -> [UInt8] {
    switch body {
    case .relational(let script): script.fingerprint(first: count, provider: provider)
    case .documents: []
    }
  }

  static func fileName(number: Int, name: String, store: MigrationStore) -> String {
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "\(padded)_\(name)\(suffix(of: store))"
  }

  static func suffix(of store: MigrationStore) -> String {
    switch store {
    case .relational: ".sql"
    case .documents: ".documents.json"
    }
  }
}
