import Foundation
import Mustache

/// What a template is filled with: names with texts, truths, lists and further models.
typealias Model = [String: any Sendable]

/// The page templates, compiled once at the start.
struct Templates: Sendable {
  private let library: MustacheLibrary
  private let shared: Model

  /// Reads all templates of the bundle; one that cannot be parsed ends the start.
  static func load(assets: Assets) throws -> Templates {
    guard let folder = Bundle.module.url(forResource: "Pages", withExtension: nil) else {
      throw Assets.LoadingError(description: "the folder Pages is missing from the bundle")
    }
    var library = MustacheLibrary()
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.pathExtension == "mustache" {
      let name = file.deletingPathExtension().lastPathComponent
      do {
        try library.register(try String(contentsOf: file, encoding: .utf8), named: name)
      } catch {
        throw Assets.LoadingError(description: "the template \(name) cannot be read: \(error)")
      }
    }
    let shared: Model = [
      "css": assets.path("haiju.css"), "js": assets.path("haiju.js"), "icon": assets.path("icon.svg"),
    ]
    return Templates(library: library, shared: shared)
  }

  /// Fills a template; `nil` when there is none of that name.
  func render(_ name: String, _ model: Model) -> String? {
    library.render(model.merging(shared) { own, _ in own }, withTemplate: name)
  }
}
