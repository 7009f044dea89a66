import Foundation
import Testing

@Suite("DOC-1: documents that live with the code")
struct ReadmeTests {
  private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("Both READMEs show the example that ./test builds and runs", arguments: ["README.md", "README.zh-CN.md"])
  func exampleIsTheOneThatRuns(file: String) throws {
    let program = try text("Examples/TalentOffice/Sources/TalentOffice/main.swift")
    let shown = try #require(between("// README begins\n", "// README ends", in: program))
    #expect(try text(file).contains("```swift\n\(shown.trimmingCharacters(in: .newlines))\n```"))
  }

  @Test("Every picture and page that a README links to exists", arguments: ["README.md", "README.zh-CN.md"])
  func linksLeadSomewhere(file: String) throws {
    for match in try text(file).matches(of: /\]\(([^)#]+)\)/) where !match.1.contains("://") {
      let target = root.appending(path: String(match.1))
      #expect(FileManager.default.fileExists(atPath: target.path(percentEncoded: false)), "\(match.1)")
    }
  }

  @Test("The repository names no folder of a machine")
  func noMachinePaths() throws {
    for folder in [
      "Sources", "Tests", "benchmarks", "docs", "scripts", "definitions", "Examples/TalentOffice/Sources",
    ] {
      let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init()
      where ["swift", "md", "sh", "py", "yaml", "sql", "json", "svg"].contains(file.pathExtension) {
        let content = try String(contentsOf: file, encoding: .utf8)
        #expect(!content.contains("/" + "work/") && !content.contains("/" + "root/"), "\(file.lastPathComponent)")
      }
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private func between(_ start: String, _ end: String, in text: String) -> String? {
    guard let from = text.range(of: start), let to = text.range(of: end) else { return nil }
    return String(text[from.upperBound..<to.lowerBound])
  }
}
