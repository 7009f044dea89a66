import Kernel
import TestSupport
import Testing

@testable import Facade
@testable import Relational

@Suite("The statement catalogue against the schema") struct StatementTypesTests {
  @Test("S4: the Swift type of every statement's rows reads exactly the columns that the migrated schema gives it")
  func columns() async throws {
    try await World.with { world in
      // Real texts for the columns whose Swift type reads only some: what constraints allow, and what is stored.
      _ = try await world.registeredTalent()
      try await world.publishServices()
      let words = try await world.database.query(Self.allowedWords)
      let documents = try await world.database.query(Self.documents)
      for statement in StatementCatalogue.all {
        let columns = try await world.database.withSession { session in
          try await session.lease.steps([.describe(statement.sql)]).last
        }
        guard let columns, let readable = statement as? any ReadableStatement else {
          Issue.record("\(statement.name) cannot be described")
          continue
        }
        let failure = readable.failure(on: columns, words: words, documents: documents)
        #expect(failure == nil, "\(statement.name)")
      }
    }
  }

  private static let allowedWords = Statement<String>(
    "test.allowedWords",
    """
    SELECT DISTINCT word[1]
      FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''(\\w+)''::text', 'g') AS word
     WHERE contype = 'c' AND connamespace = 'public'::regnamespace
    """)
  private static let documents = Statement<String>(
    "test.documents",
    """
    SELECT change::text FROM dossier_change
    UNION ALL (SELECT definition::text FROM service_definition LIMIT 1)
    """)
}

/// A statement whose rows can be tried out on columns that a server has described.
private protocol ReadableStatement {
  func failure(on columns: PQResult, words: [String], documents: [String]) -> DecodingFailure?
}

extension Statement: ReadableStatement {
  fileprivate func failure(on columns: PQResult, words: [String], documents: [String]) -> DecodingFailure? {
    whyUnreadable(Row.self, columns, words: words, documents: documents)
  }
}

extension KeyedStatement: ReadableStatement {
  fileprivate func failure(on columns: PQResult, words: [String], documents: [String]) -> DecodingFailure? {
    guard Key.accepts(columns.columnType(0)) else { return DecodingFailure(.refused("the key has another type")) }
    return whyUnreadable(Row.self, columns, words: words, documents: documents)
  }
}

/// Why no row of these columns can be read; `nil` when one can.
private func whyUnreadable<Row: RowDecodable>(
  _ type: Row.Type, _ columns: PQResult, words: [String], documents: [String]
) -> DecodingFailure? {
  // Rows that nobody reads may have any columns.
  if Row.self == NoRow.self { return nil }
  var tries = (0..<columns.columnCount).map { column in
    SampleValue.candidates(for: columns.columnType(column), words: words, documents: documents)[...]
  }
  while true {
    let builder = PQRowBuilder(pattern: columns)
    let piece = SampleValue.copyPiece(tries.map { $0.first })
    guard piece.withUnsafeBytes({ builder.append($0) }), let result = builder.take() else {
      return DecodingFailure(.refused("the row could not be made"))
    }
    do throws(DecodingFailure) {
      _ = try result.rows(Row.self)
      return nil
    } catch {
      // Another value of the same type may be one that the Swift type knows.
      guard case .refused = error.reason else { return error }
      guard let column = error.column else { return nil }
      tries[column] = tries[column].dropFirst()
      if tries[column].isEmpty { return error }
    }
  }
}

/// Values in PostgreSQL's binary form.
private enum SampleValue {
  static func candidates(for type: UInt32, words: [String], documents: [String]) -> [[UInt8]] {
    switch type {
    case 16: [[1]]
    case 21: [[0, 1]]
    case 23, 1082: [[0, 0, 0, 1]]
    case 20, 701, 1184, 5069: [[0, 0, 0, 0, 0, 0, 0, 1]]
    case 2950: [[UInt8](repeating: 1, count: 16)]
    case 17: [[UInt8](repeating: 1, count: 32)]
    case 3802, 114: documents.map { (type == 3802 ? [1] : []) + Array($0.utf8) }
    case 25, 1043: (["x", "{}"] + words + documents).map { Array($0.utf8) }
    // An empty array of texts.
    case 1009: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]]
    default: []
    }
  }

  /// One row as a binary COPY sends it, with the signature in front.
  static func copyPiece(_ values: [[UInt8]?]) -> [UInt8] {
    var writer = SQLWriter()
    writer.write(bytes: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8))
    writer.write(Int16(values.count))
    for value in values {
      writer.write(Int32(value?.count ?? -1))
      writer.write(bytes: value ?? [])
    }
    return writer.bytes
  }
}
