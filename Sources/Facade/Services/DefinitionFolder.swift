import Dispatch
import Foundation
import GMCrypto
import Kernel

/// All definitions of a folder, read and checked together.
enum DefinitionFolder {
  /// A definition with the fingerprint of its content.
  struct Entry: Sendable {
    var definition: ServiceDefinition
    /// Of the content as the file has it.
    let digest: [UInt8]
    let file: String
  }

  /// Reads every `.yaml` file below a folder; throws `.invalid` with all problems of all files.
  ///
  /// Reading files blocks, so it happens off the cooperative pool.
  static func read(_ folder: String) async throws -> [Entry] {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try readBlocking(folder) }) }
    }
  }

  private static func readBlocking(_ path: String) throws -> [Entry] {
    // The enumerator below does not follow a link by itself.
    let folder = URL(filePath: path).resolvingSymlinksInPath().path()
    var problems: [DefinitionProblem] = []
    var definitions: [String: (definition: ServiceDefinition, file: String)] = [:]
    for file in files(folder) {
      let notes = DefinitionNotes(file: file)
      if let yaml = try? String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8) {
        if let definition = DefinitionFile.read(yaml, file: file, notes: notes) {
          if let other = definitions[definition.id] { notes.note(1, "id", "与 \(other.file) 重复") }
          definitions[definition.id] = (definition, file)
        }
      } else {
        notes.note(nil, "", "文件不能读取，或者不是 UTF-8 编码")
      }
      problems += notes.problems
    }
    if definitions.isEmpty, problems.isEmpty {
      problems.append(DefinitionProblem(file: folder, line: 0, key: "", message: "文件夹里没有事项定义"))
    }
    guard problems.isEmpty else { throw HaijuError.invalid(problems.map(\.fault)) }
    return try definitions.values.sorted { $0.definition.place < $1.definition.place }
      .map { Entry(definition: $0.definition, digest: try digest($0.definition), file: $0.file) }
  }

  /// Paths below the folder, sorted.
  private static func files(_ folder: String) -> [String] {
    let below = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return below.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
  }

  /// The SM3 fingerprint of a definition, independent of the layout of its file.
  static func digest(_ definition: ServiceDefinition) throws -> [UInt8] {
    try OpenSSLProvider().sm3(Array(try definition.json().utf8)).bytes
  }
}

extension DefinitionProblem {
  var fault: FieldFault { FieldFault("\(file)\(line > 0 ? ":\(line)" : "")", "definition", description) }
}

extension ServiceDefinition {
  /// The JSON of the published row; keys in a fixed order.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
