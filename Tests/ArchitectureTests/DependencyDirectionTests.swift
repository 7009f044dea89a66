import Foundation
import Testing

/// The one way in which modules may depend on each other (docs/architecture.md), checked against the imports in the sources.
@Suite("MNT-2: dependency direction")
struct DependencyDirectionTests {
  static let allowed: [String: Set<String>] = [
    "Kernel": [],
    "GMCrypto": ["COpenSSL", "Kernel"],
    "Relational": ["CLibpq", "Kernel"],
    "Documents": ["CMongoc", "Kernel"],
    "TimeSeries": ["Relational", "Kernel"],
    "Cache": ["CHiredis", "Kernel"],
    "Migration": ["Relational", "Documents", "GMCrypto", "Kernel"],
    "Facade": ["Relational", "Documents", "TimeSeries", "Cache", "GMCrypto", "Migration", "Kernel"],
    "HTTPFront": ["Facade", "Kernel"],
    "CommandFront": [
      "Facade", "HTTPFront", "Migration", "BenchmarkReports", "BenchmarkScenarios", "RelationalBenchmark", "Kernel",
    ],
    "haiju": ["CommandFront"],
    // Benchmarks load one engine or the whole program from outside; no engine knows them.
    "BenchmarkReports": [],
    "BenchmarkScenarios": ["BenchmarkReports", "Kernel"],
    "RelationalBenchmark": ["Relational", "BenchmarkReports", "TestSupport", "Kernel"],
  ]

  /// Modules that do not live in `Sources/` under their own name.
  static let folders = [
    "BenchmarkReports": "benchmarks/Reports", "BenchmarkScenarios": "benchmarks/Scenarios",
    "RelationalBenchmark": "benchmarks/Relational",
  ]

  /// C libraries may be imported in these folders only: the wrappers.
  static let wrappers = [
    "CLibpq": "Relational/PQ/", "CMongoc": "Documents/", "CHiredis": "Cache/", "COpenSSL": "GMCrypto/",
  ]

  @Test("No module imports what it may not", arguments: allowed.keys.sorted())
  func noForbiddenEdge(module: String) throws {
    let ours = Set(Self.allowed.keys).union(Self.wrappers.keys).union(["TestSupport"])
    let files = try sources(of: module)
    #expect(!files.isEmpty, "the module has no sources: a check of nothing proves nothing")
    for file in files {
      let forbidden = try imports(in: file).intersection(ours).subtracting(Self.allowed[module, default: []])
      #expect(forbidden.isEmpty, "\(file.lastPathComponent) imports \(forbidden.sorted())")
    }
  }

  @Test("C is imported by its wrapper only")
  func onlyWrappersImportC() throws {
    for module in Self.allowed.keys {
      for file in try sources(of: module) {
        for library in try imports(in: file) {
          guard let place = Self.wrappers[library] else { continue }
          #expect(file.path().contains("Sources/\(place)"), "\(file.lastPathComponent) imports \(library)")
        }
      }
    }
  }

  @Test("A front imports Migration only for the migrate verbs")
  func migrationOnlyInMigrateVerbs() throws {
    for file in try sources(of: "CommandFront") where try imports(in: file).contains("Migration") {
      #expect(file.lastPathComponent.hasPrefix("Migrate"))
    }
  }

  @Test("The check finds a forbidden import when there is one")
  func findsWhatItLooksFor() throws {
    let text = "import Foundation\n  public import Relational\n@preconcurrency import CLibpq\n// import Facade\n"
    #expect(importedModules(text) == ["Foundation", "Relational", "CLibpq"])
  }
}

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private func sources(of module: String) throws -> [URL] {
  let folder = root.appending(path: DependencyDirectionTests.folders[module] ?? "Sources/\(module)")
  let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
  return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
}

private func imports(in file: URL) throws -> Set<String> {
  importedModules(try String(contentsOf: file, encoding: .utf8))
}

/// The modules that a source imports, whatever stands before the word.
private func importedModules(_ text: String) -> Set<String> {
  Set(
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), words.prefix(place).allSatisfy(isModifier),
        place + 1 < words.count
      else { return nil }
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = kinds.contains(words[place + 1]) && place + 2 < words.count ? words[place + 2] : words[place + 1]
      return String(name.prefix { $0 != "." })
    })
}

private func isModifier(_ word: Substring) -> Bool {
  word.hasPrefix("@") || ["public", "internal", "package", "private", "fileprivate"].contains(word)
}
