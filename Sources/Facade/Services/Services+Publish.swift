import Kernel
import Relational

/// What a publication changed.
public struct PublishReport: Sendable, Hashable, Encodable {
  /// Services with a new version, in the order of lists.
  public let published: [String]
  /// How many stayed as they were.
  public let unchanged: Int
  /// Services that are in the folder no more.
  public let retired: [String]
}

extension Services {
  /// Publishes all definitions of a folder: changed ones get a new version, missing ones are retired.
  ///
  /// All or nothing: `.invalid` names every problem with file, line and key. One commit; publications wait for each
  /// other. A version that was published never changes: a file whose content changed gets the next number even when it
  /// asks for an old one. This process sees the result at once, others within a second.
  public func publish(folder: String, as actor: Actor) async throws(HaijuError) -> PublishReport {
    let entries = try await core.read(.servicePublish, as: actor) { try await DefinitionFolder.read(folder) }
    let report = try await core.act(as: actor) { action in
      try action.begin(.servicePublish, .service("catalogue"))
      _ = try await action.first(ServiceStatements.lock)
      try await checkUnits(of: entries, in: action)
      let latest = try await action.query(ServiceStatements.latest)
      let plan = PublicationPlan(entries, latest: latest)
      if !plan.isEmpty {
        action.write(
          ServiceStatements.retire, plan.report.retired + plan.report.published, action.now)
        action.write(
          ServiceStatements.insert, plan.changed.map(\.definition.id),
          plan.changed.map { Int32($0.definition.version) },
          plan.changed.map(\.digest), try plan.changed.map { try $0.definition.json() }, action.now)
        action.write(ServiceStatements.announce)
      }
      action.record(.servicePublish, .service("catalogue"))
      return plan.report
    }.value
    core.catalogue.invalidate()
    return report
  }

  /// A case needs the unit that works on it, so a definition of an unknown unit cannot be published.
  private func checkUnits(of entries: [DefinitionFolder.Entry], in action: Action) async throws {
    let names = Array(Set(entries.map(\.definition.unitName))).sorted()
    let known = Set(try await action.query(ServiceStatements.units, names))
    let faults = entries.filter { !known.contains($0.definition.unitName) }.map {
      DefinitionProblem(file: $0.file, line: 0, key: "unit", message: "没有这个办理单位，请先登记").fault
    }
    if !faults.isEmpty { throw HaijuError.invalid(faults) }
  }
}

/// What a publication has to do, from the folder and what was published before.
struct PublicationPlan {
  /// Entries that need a new row, with the version that they get.
  let changed: [DefinitionFolder.Entry]
  let report: PublishReport

  var isEmpty: Bool { changed.isEmpty && report.retired.isEmpty }

  init(_ entries: [DefinitionFolder.Entry], latest: [LatestVersion]) {
    let known = Dictionary(uniqueKeysWithValues: latest.map { ($0.id, $0) })
    changed = entries.compactMap { entry in
      var entry = entry
      if let before = known[entry.definition.id] {
        if before.digest == entry.digest, !before.isRetired { return nil }
        entry.definition.version = max(entry.definition.version, Int(before.version) + 1)
      }
      return entry
    }
    let kept = Set(entries.map(\.definition.id))
    let retired = latest.filter { !$0.isRetired && !kept.contains($0.id) }.map(\.id).sorted()
    report = PublishReport(
      published: changed.map(\.definition.id), unchanged: entries.count - changed.count, retired: retired)
  }
}
