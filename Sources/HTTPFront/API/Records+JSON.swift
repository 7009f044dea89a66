import Facade
import Kernel

extension Page {
  /// A page of a list: its items and the cursor of the next.
  func json(_ item: (Item) -> JSONValue) -> JSONValue {
    .object(["items": .array(items.map(item)), "next": .optional(next)])
  }
}

extension Committed {
  /// What was committed, with its mark beside its own members.
  func json(_ describe: (Value) -> JSONValue) -> JSONValue {
    guard case .object(let members) = describe(value) else { return describe(value) }
    return .object(members + [.init(name: "mark", value: .text(mark.description))])
  }
}

/// An account; its password never leaves the facade in any form.
extension Account {
  var json: JSONValue {
    .object([
      "id": .printed(id), "name": .text(name), "role": .text(role.rawValue), "displayName": .text(displayName),
      "person": .printed(person), "employer": .printed(employer), "unit": .printed(unit), "enabled": .bool(enabled),
      "isSample": .bool(isSample),
    ])
  }
}

/// An employer as the registration form needs it.
extension Employer {
  var json: JSONValue {
    .object([
      "id": .printed(id), "name": .text(name), "creditCode": .text(creditCode), "district": .text(district.rawValue),
      "isKeyIndustry": .bool(isKeyIndustry), "isSample": .bool(isSample),
    ])
  }
}

/// A person with masked numbers; the full ones come from `reveal` alone, which leaves a record.
extension Person {
  var json: JSONValue {
    .object([
      "id": .printed(id), "displayName": .text(displayName), "identityMasked": .text(identityMasked),
      "phoneMasked": .text(phoneMasked), "birthDate": .printed(birthDate), "employer": .printed(employer),
      "employerName": .text(employerName), "degree": .text(degree.rawValue), "jobTitle": .optional(jobTitle),
      "state": .text(state.rawValue), "stateTitle": .text(state.title), "revision": .integer(revision),
      "isSample": .bool(isSample), "createdAt": .printed(createdAt),
    ])
  }
}

/// What registering made.
extension Registration {
  var json: JSONValue {
    .object([
      "person": person.json, "certificationCase": .printed(certificationCase), "account": .printed(account),
    ])
  }
}

/// A case of certification with its revision, which the next step may name to be sure of what it decides on.
extension CertificationCase {
  var json: JSONValue {
    .object([
      "id": .printed(id), "person": .printed(person), "personName": .text(personName),
      "employerName": .text(employerName), "degree": .text(degree.rawValue), "jobTitle": .optional(jobTitle),
      "state": .text(state.rawValue), "stateTitle": .text(state.title), "submittedAt": .printed(submittedAt),
      "decidedAt": .printed(decidedAt), "revision": .integer(revision), "isSample": .bool(isSample),
    ])
  }
}

/// A step of a certification.
extension CertificationStep {
  var json: JSONValue {
    .object([
      "sequence": .integer(sequence), "action": .text(action), "title": .text(title), "actorName": .text(actorName),
      "comment": .optional(comment), "at": .printed(at),
    ])
  }
}

/// A certification with the rule that gave it and why.
extension Certification {
  var json: JSONValue {
    .object([
      "person": .printed(person), "scheme": .text(scheme), "level": .text(level.rawValue),
      "levelTitle": .text(level.title), "validFrom": .printed(validFrom), "validTo": .printed(validTo),
      "code": .text(code), "rule": .text(rule), "ruleVersion": .integer(ruleVersion),
      "explanation": .texts(explanation),
      "issuedAt": .printed(issuedAt), "isSample": .bool(isSample),
    ])
  }
}

/// What an approval led to; the certification is there after the last one only.
extension CertificationOutcome {
  var json: JSONValue { .object(["case": `case`.json, "certification": certification?.json]) }
}

/// The dossier by sections, each value with its source and time.
extension Dossier {
  var json: JSONValue {
    .object([
      "person": .printed(person), "revision": .integer(revision), "isSample": .bool(isSample),
      "origin": .text(originName),
      "sections": .array(
        sections.map { section in
          .object([
            "section": .text(section.section.rawValue), "title": .text(section.title),
            "fields": .array(section.fields.map(\.json)),
          ])
        }),
    ])
  }

  /// Which store the answer came from, for programs.
  private var originName: String {
    switch origin {
    case .cache: "cache"
    case .documents: "documents"
    case .overlaid: "overlaid"
    case .log: "log"
    }
  }
}

/// A value of the dossier; of a secret only its mask.
extension Dossier.Field {
  var json: JSONValue {
    .object([
      "name": .text(name), "label": .text(label), "value": .text(value), "isSecret": .bool(isSecret),
      "source": .text(source), "validFrom": .printed(validFrom), "recordedAt": .printed(recordedAt),
      "revision": .integer(revision),
    ])
  }
}

/// One revision: who set which fields, without their values.
extension DossierChange {
  var json: JSONValue {
    .object([
      "revision": .integer(revision), "recordedAt": .printed(recordedAt), "actorName": .optional(actorName),
      "section": .text(section.rawValue), "labels": .texts(labels),
    ])
  }
}

/// A notice to a person.
extension Notice {
  var json: JSONValue {
    .object([
      "id": .printed(id), "kind": .text(kind.rawValue), "title": .text(title), "body": .text(body), "link": .text(link),
      "createdAt": .printed(createdAt), "readAt": .printed(readAt),
    ])
  }
}

/// A line of the audit trail.
extension AuditEntry {
  var json: JSONValue {
    .object([
      "id": .integer(id), "at": .printed(at), "account": .printed(account), "accountName": .optional(accountName),
      "role": .text(role), "address": .text(address), "operation": .text(operation),
      "objectKind": .optional(objectKind),
      "objectID": .optional(objectID), "result": .text(result), "reason": .optional(reason), "trace": .text(trace),
    ])
  }
}
