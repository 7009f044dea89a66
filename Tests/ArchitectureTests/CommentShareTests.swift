import Foundation
import Testing

@Suite("MNT-3: comments")
struct CommentShareTests {
  @Test("At least one comment line stands for ten lines of code, in every module")
  func share() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    for module in try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil) {
      var comments = 0
      var code = 0
      let files = FileManager.default.enumerator(at: module, includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
          let text = line.trimmingPrefix { $0 == " " }
          if text.hasPrefix("//") { comments += 1 } else if !text.isEmpty { code += 1 }
        }
      }
      #expect(comments * 10 >= code, "\(module.lastPathComponent): \(comments) comment lines for \(code) of code")
    }
  }
}
