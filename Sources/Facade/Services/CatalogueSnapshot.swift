/// All current definitions at one revision, in the order of lists, with their index.
struct CatalogueSnapshot: Sendable {
  /// Grows by one with each publication that changed something.
  let revision: Int64
  /// In the order of `ServiceDefinition.place`.
  let definitions: [ServiceDefinition]
  private let index: SearchIndex
  private let byID: [String: Int]

  init(revision: Int64, definitions: [ServiceDefinition]) {
    self.revision = revision
    self.definitions = definitions.sorted { $0.place < $1.place }
    index = SearchIndex(self.definitions)
    byID = Dictionary(uniqueKeysWithValues: zip(self.definitions.map(\.id), self.definitions.indices))
  }

  subscript(id: String) -> ServiceDefinition? { byID[id].map { definitions[$0] } }

  /// The definitions that have all words of a text, best first; equally good ones in the order of lists.
  func find(_ text: String) -> [ServiceDefinition] {
    index.find(text).sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }.map { definitions[$0.position] }
  }
}
