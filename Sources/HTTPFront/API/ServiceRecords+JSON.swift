import Facade
import Kernel

/// A service as one reads it before applying: everything of its definition, and the answer for the one who asks.
extension ServiceEntry {
  var json: JSONValue {
    let service = definition
    return .object([
      "id": .text(service.id), "version": .integer(service.version), "title": .text(service.title),
      "titleEnglish": .optional(service.titleEnglish), "area": .text(service.area.rawValue),
      "areaTitle": .text(service.area.title), "category": .text(service.category), "unitName": .text(service.unitName),
      "channel": .text(service.channel.rawValue), "summary": .text(service.summary),
      "description": .text(service.description), "steps": .texts(service.steps),
      "materials": .array(
        service.materials.map { .object(["name": .text($0.name), "required": .bool($0.required)]) }),
      "timeLimitDays": .integer(service.timeLimitDays), "fields": .array(service.fields.map(\.json)),
      "isSample": .bool(service.isSample),
      "eligibility": eligibility.map { .object(["open": .bool($0.open), "reasons": .texts($0.reasons)]) },
    ])
  }

  /// The entry as a line of a list: what one needs to choose.
  var summaryJSON: JSONValue {
    let service = definition
    return .object([
      "id": .text(service.id), "title": .text(service.title), "area": .text(service.area.rawValue),
      "areaTitle": .text(service.area.title), "category": .text(service.category), "summary": .text(service.summary),
      "channel": .text(service.channel.rawValue), "isSample": .bool(service.isSample),
      "eligibility": eligibility.map { .object(["open": .bool($0.open), "reasons": .texts($0.reasons)]) },
    ])
  }
}

/// A field of an application's form, enough to build the form from.
extension FormField {
  var json: JSONValue {
    .object([
      "name": .text(name), "label": .text(label), "type": .text(type.rawValue), "required": .bool(required),
      "options": options.isEmpty ? nil : .texts(options), "help": .optional(help),
    ])
  }
}

/// A list of services with the counts of its facets, in the order in which pages show them.
extension ServiceList {
  var json: JSONValue {
    .object([
      "items": .array(entries.map(\.summaryJSON)), "total": .integer(total),
      "areaCounts": .object(areaCounts.map { .init(name: $0.area.rawValue, value: .number("\($0.count)")) }),
      "categoryCounts": .object(categoryCounts.map { .init(name: $0.category, value: .number("\($0.count)")) }),
    ])
  }
}

/// A case with what was filled in; only the applicant and the unit's clerks ever get one.
extension ServiceCase {
  var json: JSONValue {
    .object([
      "id": .printed(id), "code": .text(code), "service": .text(serviceID), "serviceTitle": .text(serviceTitle),
      "person": .printed(person), "personName": .text(personName), "unitName": .text(unitName),
      "state": .text(state.rawValue), "stateTitle": .text(state.title),
      "form": .array(
        form.map { .object(["name": .text($0.name), "label": .text($0.label), "value": .text($0.value)]) }),
      "submittedAt": .printed(submittedAt), "promisedOn": .printed(promisedOn), "finishedAt": .printed(finishedAt),
      "result": .optional(result), "revision": .integer(revision), "rating": rating?.json,
    ])
  }
}

/// What the applicant thought of it.
extension ServiceCase.Rating {
  var json: JSONValue { .object(["score": .integer(score), "comment": .optional(comment)]) }
}

/// A step of a case: who did what, when.
extension ServiceCaseStep {
  var json: JSONValue {
    .object([
      "sequence": .integer(sequence), "action": .text(action.rawValue), "title": .text(title),
      "actorName": .text(actorName), "unitName": .optional(unitName), "comment": .optional(comment), "at": .printed(at),
    ])
  }
}

/// An alert with the value that raised it and the bound that it passed.
extension ReadingAlert {
  var json: JSONValue {
    .object([
      "rule": .text(rule), "day": .printed(day), "value": .real(value), "threshold": .real(threshold),
      "readTime": .printed(readTime),
    ])
  }
}

/// What became of typed readings.
extension ReadingOutcome {
  var json: JSONValue { .object(["stored": .integer(stored), "alerts": .array(alerts.map(\.json))]) }
}

/// What became of a file, with the lines that could not be read.
extension UploadOutcome {
  var json: JSONValue {
    .object([
      "stored": .integer(stored), "duplicates": .integer(duplicates), "refused": .integer(refused),
      "unreadable": .integer(unreadable),
      "faults": .array(faults.map { .object(["line": .integer($0.line), "message": .text($0.message)]) }),
      "alerts": .array(alerts.map(\.json)), "message": .text(message),
    ])
  }
}

/// A point of a trend.
extension TrendPoint {
  var json: JSONValue { .object(["time": .printed(time), "value": .real(value)]) }
}

/// A trend ready to be drawn: points, latest value, and the band that raises no alert.
extension Trend {
  var json: JSONValue {
    .object([
      "kind": .text(kind.rawValue), "title": .text(kind.title), "unit": .text(kind.unit), "from": .printed(from),
      "to": .printed(to), "total": .integer(total), "points": .array(points.map(\.json)), "latest": latest?.json,
      "threshold": kind.normal.map { .object(["low": .real($0.lowerBound), "high": .real($0.upperBound)]) },
    ])
  }
}
