import Foundation
import Kernel

@testable import Facade

extension World {
  /// The definitions of the repository.
  static var definitions: String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "definitions").path()
  }

  /// Publishes the repository's definitions.
  @discardableResult
  func publishServices() async throws -> PublishReport {
    try await haiju.services.publish(folder: Self.definitions, as: actor("sysadmin"))
  }

  /// The service of the journey, for all levels and for certified people only.
  static let plate = "SVC-交通出行-3"
  /// A form that it accepts.
  static let plateForm = ["vehicleModel": "海豚 EV", "purchaseDate": "2026-11-20", "powerKind": "纯电动"]

  /// A certified person's application for the service of the journey.
  func submittedPlate(key: String? = nil) async throws -> (talent: Talent, serviceCase: ServiceCase) {
    let (talent, _) = try await certifiedTalent()
    let draft = CaseDraft(service: Self.plate, form: Self.plateForm, idempotencyKey: key)
    return (talent, try await haiju.cases.submit(draft, as: talent.actor).value)
  }
}

/// A folder with definitions of its own that a test may change; it goes with the value.
final class DefinitionsCopy: Sendable {
  let path: String

  /// A copy of the repository's definitions.
  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "haiju-definitions-\(UUID())")
    let source = URL(filePath: World.definitions).resolvingSymlinksInPath()
    try FileManager.default.copyItem(at: source, to: folder)
    path = folder.path()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Replaces text in a file.
  func edit(_ file: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
    try text.replacing(old, with: new).write(toFile: "\(path)/\(file)", atomically: true, encoding: .utf8)
  }

  func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }
}
