import Facade
import Kernel

/// What a state means to the person in front of it; each meaning has its own word, shape and colour.
enum Meaning: String {
  case done, waiting, attention, refused

  private var shape: String {
    switch self {
    case .done: "✓"
    case .waiting: "◔"
    case .attention: "▲"
    case .refused: "✕"
    }
  }

  /// The pill with its word.
  func pill(_ title: String) -> Model { ["meaning": rawValue, "shape": shape, "title": title] }
}

/// How far a registration is, as a pill.
extension RegistrationState {
  var pill: Model { meaning.pill(title) }

  var meaning: Meaning {
    switch self {
    case .awaitingEmployer, .awaitingDepartment: .waiting
    case .returned: .attention
    case .certified: .done
    case .refused: .refused
    }
  }
}

/// Where a case stands, as a pill.
extension CaseState {
  var pill: Model { meaning.pill(title) }

  var meaning: Meaning {
    switch self {
    case .submitted, .accepted: .waiting
    case .returned: .attention
    case .completed: .done
    case .refused, .withdrawn: .refused
    }
  }
}

extension CertificationStep {
  func model(_ time: ShanghaiTime) -> Model {
    stepModel(title: title, who: actorName, unit: nil, comment: comment, at: time.full(at), action: action)
  }
}

extension ServiceCaseStep {
  func model(_ time: ShanghaiTime) -> Model {
    stepModel(
      title: title, who: actorName, unit: unitName, comment: comment, at: time.full(at), action: action.rawValue)
  }
}

/// A step of a timeline; its meaning chooses the shape and colour of its dot.
private func stepModel(
  title: String, who: String, unit: String?, comment: String?, at: String, action: String
) -> Model {
  var model: Model = ["title": title, "who": unit.map { "\(who) · \($0)" } ?? who, "at": at]
  model["comment"] = comment
  switch action {
  case "return": model["meaning"] = Meaning.attention.rawValue
  case "refuse", "withdraw": model["meaning"] = Meaning.refused.rawValue
  default: model["meaning"] = Meaning.done.rawValue
  }
  return model
}

extension Eligibility {
  /// The card that says whether and why.
  var model: Model {
    ["open": open, "closed": !open, "reasons": reasons, "firstReason": reasons.first ?? ""]
  }
}
