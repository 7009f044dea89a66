import GMCrypto

extension Core {
  /// The fingerprint under which an identity number is found.
  func index(_ number: IdentityNumber) -> [UInt8] { index(number.text, "identity") }

  /// The fingerprint under which a phone is found.
  func index(_ phone: PhoneNumber) -> [UInt8] { index(phone.text, "phone") }

  /// A field of a person as PostgreSQL keeps it.
  func seal(_ text: String, _ field: PersonalField, of person: PersonID) throws(CryptoError) -> [UInt8] {
    try cipher.seal(Array(text.utf8), place: field.place(person))
  }

  /// What was sealed; `.refused` when the bytes belong to another person or field.
  func open(_ sealed: [UInt8], _ field: PersonalField, of person: PersonID) throws(CryptoError) -> String {
    String(decoding: try cipher.open(sealed, place: field.place(person)), as: UTF8.self)
  }
}

/// A field of a person that is sealed wherever it is stored.
public enum PersonalField: String, Sendable, Codable, CaseIterable {
  /// The identity number.
  case identityNumber = "identity_number"
  /// The phone number.
  case phone

  /// What is authenticated with the ciphertext, so that it opens nowhere else.
  fileprivate func place(_ person: PersonID) -> String {
    switch self {
    case .identityNumber: "relational.person.identity_sealed#\(person)@1"
    case .phone: "relational.person.phone_sealed#\(person)@1"
    }
  }
}
