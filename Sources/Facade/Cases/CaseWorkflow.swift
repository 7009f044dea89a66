/// Where a service case stands.
public enum CaseState: String, Sendable, Codable, CaseIterable {
  /// Sent, nobody has looked yet.
  case submitted
  /// A clerk works on it.
  case accepted
  /// Back with the applicant for correction.
  case returned
  /// Done.
  case completed
  /// Refused.
  case refused
  /// Taken back by the applicant.
  case withdrawn

  /// What people call it.
  public var title: String {
    switch self {
    case .submitted: "待受理"
    case .accepted: "办理中"
    case .returned: "已退回，待补正"
    case .completed: "已办结"
    case .refused: "不予办理"
    case .withdrawn: "已撤回"
    }
  }

  /// Whether nothing but a rating can follow.
  public var isFinished: Bool { self == .completed || self == .refused || self == .withdrawn }
}

/// What can be done with a service case.
public enum CaseAction: String, Sendable, Codable, CaseIterable {
  case submit, accept
  case sendBack = "return"
  case resubmit, complete, refuse, withdraw, rate

  /// What people call it.
  public var title: String {
    switch self {
    case .submit: "提交申请"
    case .accept: "受理"
    case .sendBack: "退回补正"
    case .resubmit: "补正后提交"
    case .complete: "办结"
    case .refuse: "不予办理"
    case .withdraw: "撤回"
    case .rate: "评价"
    }
  }
}

/// The one table of what may follow what, and by whom.
enum CaseWorkflow {
  /// Who takes a step.
  enum Party: Hashable { case applicant, clerk }

  /// A step that the table allows.
  struct Transition: Hashable {
    let action: CaseAction
    let from: CaseState
    let to: CaseState
    let by: Party
  }

  static let transitions: [Transition] = [
    Transition(action: .accept, from: .submitted, to: .accepted, by: .clerk),
    Transition(action: .sendBack, from: .submitted, to: .returned, by: .clerk),
    Transition(action: .sendBack, from: .accepted, to: .returned, by: .clerk),
    Transition(action: .refuse, from: .submitted, to: .refused, by: .clerk),
    Transition(action: .refuse, from: .accepted, to: .refused, by: .clerk),
    Transition(action: .complete, from: .accepted, to: .completed, by: .clerk),
    Transition(action: .resubmit, from: .returned, to: .submitted, by: .applicant),
    Transition(action: .withdraw, from: .submitted, to: .withdrawn, by: .applicant),
    Transition(action: .withdraw, from: .accepted, to: .withdrawn, by: .applicant),
    Transition(action: .withdraw, from: .returned, to: .withdrawn, by: .applicant),
    Transition(action: .rate, from: .completed, to: .completed, by: .applicant),
  ]

  /// The state after a step; refused when the table has no such step for that party.
  static func state(after action: CaseAction, from state: CaseState, by party: Party) throws(HaijuError) -> CaseState {
    let step = transitions.first { $0.action == action && $0.from == state && $0.by == party }
    if let step { return step.to }
    if action == .rate { throw .refused(code: "not_completed", message: "办结以后才能评价") }
    if state.isFinished { throw .refused(code: "case_finished", message: "这件办件\(state.title)，不能再办理") }
    throw .refused(code: "case_state", message: "这件办件现在是“\(state.title)”，不能\(action.title)")
  }

  /// What a party may do next, for the buttons of a page.
  static func actions(from state: CaseState, by party: Party) -> [CaseAction] {
    transitions.filter { $0.from == state && $0.by == party }.map(\.action)
  }
}
