import Foundation

/// Finds definitions by words: every piece of a text is found, from a single character on.
///
/// Chinese has no spaces between words, so the index holds all pairs of neighbouring characters. A word's pairs narrow
/// the candidates down; the text itself then decides.
struct SearchIndex: Sendable {
  /// What is searched, best first: the title, the words given for searching, the summary, the description.
  private struct Document: Sendable {
    let texts: [[UInt8]]
  }

  private var documents: [Document] = []
  private var pairs: [UInt64: [Int]] = [:]

  /// An index over definitions, which are known by their position from here on.
  init(_ definitions: [ServiceDefinition]) {
    for (position, definition) in definitions.enumerated() {
      let searched = [
        [definition.title, definition.titleEnglish ?? ""], definition.keywords + [definition.category, definition.id],
        [definition.summary, definition.area.title, definition.unitName], [definition.description],
      ]
      let texts = searched.map { $0.map(Self.fold).joined(separator: "\u{0}") }
      documents.append(Document(texts: texts.map { Array($0.utf8) }))
      for pair in Set(texts.flatMap(Self.pairs)) { pairs[pair, default: []].append(position) }
    }
  }

  /// The positions where all words occur, with a rank: the lower, the more prominent the words stand.
  ///
  /// Cost: a look-up for each pair of characters, then a scan of the few texts that have them all.
  func find(_ query: String) -> [(position: Int, rank: Int)] {
    let words = Self.words(query)
    guard !words.isEmpty else { return documents.indices.map { ($0, 0) } }
    return candidates(words).compactMap { position in
      var total = 0
      for word in words {
        guard let rank = rank(of: word, at: position) else { return nil }
        total += rank
      }
      return (position, total)
    }
  }

  /// The words of a query, folded; at most eight count.
  static func words(_ query: String) -> [String] {
    query.precomposedStringWithCompatibilityMapping.split(whereSeparator: \.isWhitespace).prefix(8)
      .map { fold(String($0)) }.filter { !$0.isEmpty }
  }

  private func candidates(_ words: [String]) -> [Int] {
    var found: Set<Int>?
    for pair in words.flatMap(Self.pairs) {
      let positions = pairs[pair] ?? []
      found = found.map { $0.intersection(positions) } ?? Set(positions)
      if found?.isEmpty == true { return [] }
    }
    return found?.sorted() ?? Array(documents.indices)
  }

  private func rank(of word: String, at position: Int) -> Int? {
    let bytes = Array(word.utf8)
    return documents[position].texts.firstIndex { $0.contains(bytes) }
  }

  /// One form for what people take for the same: full and half width, capital and small, with and without spaces.
  static func fold(_ text: String) -> String {
    String(text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace })
  }

  /// Every two neighbouring characters as one number.
  private static func pairs(_ folded: String) -> [UInt64] {
    let scalars = folded.unicodeScalars.map { UInt64($0.value) }
    return zip(scalars, scalars.dropFirst()).map { $0 << 32 | $1 }
  }
}

extension [UInt8] {
  /// Whether the bytes of a word stand somewhere in these; in UTF-8 that means the word itself does.
  fileprivate func contains(_ word: [UInt8]) -> Bool {
    guard let first = word.first, word.count <= count else { return word.isEmpty }
    return (0...(count - word.count)).contains { start in
      self[start] == first && self[start..<(start + word.count)].elementsEqual(word)
    }
  }
}
