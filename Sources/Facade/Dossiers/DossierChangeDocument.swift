import Foundation
import GMCrypto
import Kernel

/// One change of one section, as the log in PostgreSQL keeps it (`dossier_change.change`).
///
/// Secrets are sealed here already; the log, the outbox, MongoDB, the cache and every backup see ciphertext only.
struct DossierChangeDocument: Codable, Sendable, Hashable {
  struct Field: Codable, Sendable, Hashable {
    let name: String
    /// The value, or its mask when it is a secret.
    let value: String
    /// The ciphertext of a secret, in base64.
    let sealed: String?
    let source: String
    let validFrom: CivilDate
  }

  let section: DossierSection
  let schema: Int
  let fields: [Field]

  /// Seals the secrets of an edit for a person; the time of recording is part of what a ciphertext is bound to.
  init(
    _ section: DossierSection, _ edit: SectionEdit, of person: PersonID, recordedAt: Instant, cipher: FieldCipher
  ) throws {
    self.section = section
    schema = section.schema
    fields = try edit.entries.map { entry in
      let place = Self.place(section, entry.name, of: person, recordedAt: recordedAt)
      let validFrom = entry.validFrom ?? CivilDate(recordedAt)
      switch entry.value {
      case .text(let text):
        return Field(name: entry.name, value: text, sealed: nil, source: entry.source, validFrom: validFrom)
      case .date(let date):
        return Field(name: entry.name, value: date.description, sealed: nil, source: entry.source, validFrom: validFrom)
      case .secret(let text, let masked):
        let sealed = try cipher.seal(Array(text.utf8), place: place)
        return Field(
          name: entry.name, value: masked, sealed: Data(sealed).base64EncodedString(), source: entry.source,
          validFrom: validFrom)
      }
    }
  }

  /// What a sealed value is bound to: moved to another field, person or revision it does not open.
  static func place(
    _ section: DossierSection, _ field: String, of person: PersonID, recordedAt: Instant
  ) -> String {
    "dossier.\(section.rawValue).\(field)#\(person)@\(recordedAt.milliseconds)"
  }

  /// The JSON for the log; keys in a fixed order.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
