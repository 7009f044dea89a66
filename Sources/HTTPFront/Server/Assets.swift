import Foundation
import Hummingbird
import HTTPTypes
import NIOCore

/// Style sheet, script and icon, held in memory under names that change with their content, so that browsers may keep
/// them for a year.
struct Assets: Sendable {
  /// One file.
  struct Asset: Sendable {
    let path: String
    let type: String
    let content: ByteBuffer
  }

  /// What cannot be loaded.
  struct LoadingError: Error, CustomStringConvertible {
    let description: String
  }

  private let byName: [String: Asset]

  private static let types = [
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
  ]

  /// Reads all assets of the bundle.
  static func load() throws -> Assets {
    guard let folder = Bundle.module.url(forResource: "Assets", withExtension: nil) else {
      throw LoadingError(description: "the folder Assets is missing from the bundle")
    }
    var byName: [String: Asset] = [:]
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      guard let type = types[file.pathExtension] else { continue }
      let data = try Data(contentsOf: file)
      let stem = file.deletingPathExtension().lastPathComponent
      byName[file.lastPathComponent] = Asset(
        path: "/assets/\(stem).\(fingerprint(data)).\(file.pathExtension)", type: type, content: ByteBuffer(bytes: data)
      )
    }
    return Assets(byName: byName)
  }

  /// The address of an asset; the name itself where there is none, which a test of the pages would find.
  func path(_ name: String) -> String { byName[name]?.path ?? name }

  /// FNV-1a in 64 bits: tells versions of a file apart; nobody's safety hangs on it.
  private static func fingerprint(_ data: Data) -> String {
    let hash = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    return String(hash, radix: 16)
  }

  func addRoutes(to router: Router<FrontContext>) {
    let byPath = Dictionary(uniqueKeysWithValues: byName.values.map { ($0.path, $0) })
    router.get("/assets/{name}") { request, _ in
      guard let asset = byPath[request.uri.path] else { throw Refusal.noRoute }
      let tag = "\"\(asset.path)\""
      let headers: HTTPFields = [
        .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable", .eTag: tag,
      ]
      if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.content))
    }
  }
}
