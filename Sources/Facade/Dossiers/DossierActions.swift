public import Kernel
import Relational

extension Action {
  /// Changes to dossiers within this action.
  public var dossiers: DossierActions { DossierActions(action: self) }
}

/// Changes to dossiers that are committed with the action they belong to.
public struct DossierActions: Sendable {
  let action: Action

  /// Begins the dossier of a new person.
  func create(_ person: PersonID) {
    action.write(DossierStatements.create, person)
  }

  /// Sets fields of one section; each call is one revision.
  ///
  /// One round trip; holds the lock on the dossier's head until the action ends, so two changes of one dossier wait for
  /// each other. An edit that sets nothing makes no revision.
  ///
  /// ```swift
  /// try await tx.dossiers.change(person, section: .work) { $0.set("jobTitle", .text("工程师"), source: "单位审核") }
  /// ```
  public func change(
    _ person: PersonID, section: DossierSection, _ edit: (inout SectionEdit) -> Void
  ) async throws {
    var collected = SectionEdit()
    edit(&collected)
    guard !collected.entries.isEmpty else { return }
    let document = try DossierChangeDocument(
      section, collected, of: person, recordedAt: action.now, cipher: action.core.cipher)
    let revision = try await action.first(
      DossierStatements.change, person, action.now, action.actor.account, JSONText(try document.json()))
    guard revision != nil else { throw HaijuError.notFound(.dossier) }
    action.journal.changed(person)
  }
}
