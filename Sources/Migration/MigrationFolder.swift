import Foundation
import GMCrypto

/// The migrations of one folder, in their order.
///
/// Files are `NNNN_name.sql` and `NNNN_name.documents.json`: at least four digits, a name of small letters, digits and
/// underscores. Numbers count over both kinds together, each once, without gaps; the first may be any. Other files with
/// the endings `.sql` or `.json` are refused, the rest (a README) is passed over.
public struct MigrationFolder: Sendable {
  /// The migrations by number.
  public let files: [MigrationFile]

  /// Reads and checks a folder; blocks for as long as reading the files takes, so meant for start-up and tools.
  ///
  /// Throws `.folder` with every problem found: a name that does not fit, a number twice, a gap, a script or plan that
  /// cannot be read.
  public init(path: String) throws(MigrationError) {
    var contents: [String: [UInt8]] = [:]
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: path)
      where (name.hasSuffix(".sql") || name.hasSuffix(".json")) && !name.hasPrefix(".") {
        contents[name] = Array(try Data(contentsOf: URL(filePath: path).appending(path: name)))
      }
    } catch {
      throw .folder([FolderProblem(file: path, problem: "cannot be read")])
    }
    try self.init(contents: contents)
  }

  /// From the contents of files by name; what `init(path:)` does after reading.
  public init(contents: [String: [UInt8]]) throws(MigrationError) {
    let provider: OpenSSLProvider
    do { provider = try OpenSSLProvider() } catch { throw .store(.relational, error) }
    var problems: [FolderProblem] = []
    var drafts: [Draft] = []
    for (fileName, content) in contents.sorted(by: { $0.key < $1.key }) {
      do throws(FolderProblem) { drafts.append(try Draft(fileName: fileName, content: content)) } catch {
        problems.append(error)
      }
    }
    drafts.sort { $0.number < $1.number }
    for (earlier, later) in zip(drafts, drafts.dropFirst()) {
      if earlier.number == later.number {
        problems.append(FolderProblem(file: later.fileName, problem: "has the number of \(earlier.fileName)"))
      } else if later.number > earlier.number + 1 {
        problems.append(FolderProblem(file: later.fileName, problem: "comes after a gap behind \(earlier.fileName)"))
      }
    }
    guard problems.isEmpty else { throw .folder(problems) }
    var chain: [UInt8] = []
    files = drafts.map { draft in
      let file = draft.file(after: chain, provider: provider)
      chain = file.chain.bytes
      return file
    }
  }
}

/// A file whose place in the chain is not known yet.
private struct Draft {
  let fileName: String
  let number: Int
  let name: String
  let store: MigrationStore
  let content: [UInt8]
  let body: MigrationFile.Body

  init(fileName: String, content: [UInt8]) throws(FolderProblem) {
    guard let store = MigrationStore.allCases.first(where: { fileName.hasSuffix(MigrationFile.suffix(of: $0)) }) else {
      throw FolderProblem(file: fileName, problem: "is neither .sql nor .documents.json")
    }
    let stem = fileName.dropLast(MigrationFile.suffix(of: store).count)
    let digits = stem.prefix { $0.isASCII && $0.isNumber }
    let name = stem.dropFirst(digits.count + 1)
    guard (4...9).contains(digits.count), stem.dropFirst(digits.count).first == "_", !name.isEmpty,
      name.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789_".utf8.contains($0) }), let number = Int(digits),
      MigrationFile.fileName(number: number, name: String(name), store: store) == fileName
    else { throw FolderProblem(file: fileName, problem: "is not named NNNN_name") }
    (self.fileName, self.number, self.name, self.store, self.content) = (fileName, number, String(name), store, content)
    body = try Self.body(of: content, in: store, fileName: fileName)
  }

  private static func body(
    of content: [UInt8], in store: MigrationStore, fileName: String
  ) throws(FolderProblem) -> MigrationFile.Body {
    switch store {
    case .relational:
      guard let text = String(validating: content, as: UTF8.self) else {
        throw FolderProblem(file: fileName, problem: "is not UTF-8")
      }
      do { return .relational(try RelationalScript(text)) } catch {
        throw FolderProblem(file: fileName, problem: error.description)
      }
    case .documents:
      do { return .documents(try DocumentPlan(content)) } catch {
        let place = error.line.map { "line \($0): " } ?? ""
        throw FolderProblem(file: fileName, problem: place + error.problem)
      }
    }
  }

  func file(after chain: [UInt8], provider: OpenSSLProvider) -> MigrationFile {
    let checksum = provider.sm3(content)
    // Names hold no space or line break, so the parts cannot be read in another way.
    let link = chain + Array("\(number) \(name) \(store.rawValue)\n".utf8) + checksum.bytes
    return MigrationFile(
      number: number, name: name, store: store, checksum: checksum, chain: provider.sm3(link), body: body,
      provider: provider)
  }
}
