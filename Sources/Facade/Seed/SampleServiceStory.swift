import Kernel

/// What happened to one generated application, from sending it to rating it.
struct SampleServiceStory {
  let id: ServiceCaseID
  let code: String
  let submittedAt: Instant
  let form: [FormValue]
  private(set) var state = CaseState.submitted
  private(set) var steps: [SeedBatch.StepRow] = []
  private(set) var finishedAt: Instant?
  private(set) var result: String?
  private(set) var score: Int16?
  private(set) var isAccepted = false

  init(
    _ person: SamplePerson, _ definition: ServiceDefinition, _ clerk: SampleOffice.Staff,
    using random: inout SplitMix64
  ) {
    submittedAt = person.departmentDecidedAt + .seconds(random.number(in: 3600...5 * 86_400))
    id = .make(at: submittedAt, using: &random)
    code = CaseCode.make(on: CivilDate(submittedAt), using: &random)
    form = definition.fields.filter(\.required).map { field in
      let value =
        switch field.type {
        case .text: "示例内容"
        case .number: "1"
        case .date: CivilDate(daysSince1970: CivilDate(person.departmentDecidedAt).daysSince1970 + 30).description
        case .pastDate: CivilDate(person.departmentDecidedAt).description
        case .choice: random.pick(field.options)
        }
      return FormValue(name: field.name, label: field.label, value: value)
    }
    var at = submittedAt
    append(.submit, to: .submitted, account: nil, name: person.name, unit: nil, comment: nil, at: at)
    // What follows is drawn from the workflow, so a sample case never shows what a real one could not do.
    let plan: [CaseAction] =
      switch random.number(in: 0...99) {
      case ..<20: []
      case ..<40: [.accept]
      case ..<85: random.happens(60) ? [.accept, .complete, .rate] : [.accept, .complete]
      case ..<93: [.accept, .refuse]
      default: [.withdraw]
      }
    for action in plan {
      let party: CaseWorkflow.Party = action == .rate || action == .withdraw ? .applicant : .clerk
      guard let next = try? CaseWorkflow.state(after: action, from: state, by: party) else { return }
      at = at + .seconds(random.number(in: 1800...2 * 86_400))
      var comment: String?
      switch action {
      case .accept: isAccepted = true
      case .complete: comment = "已办结（示例）"
      case .refuse: comment = "材料与事项不符（示例）"
      case .rate: score = Int16(random.number(in: 3...5))
      default: break
      }
      if action == .complete || action == .refuse { result = comment }
      if next.isFinished, finishedAt == nil { finishedAt = at }
      let isClerk = party == .clerk
      append(
        action, to: next, account: isClerk ? clerk.id : nil, name: isClerk ? clerk.name : person.name,
        unit: isClerk ? definition.unitName : nil, comment: comment, at: at)
    }
  }

  private mutating func append(
    _ action: CaseAction, to next: CaseState, account: AccountID?, name: String, unit: String?, comment: String?,
    at: Instant
  ) {
    steps.append(
      SeedBatch.StepRow(
        caseID: id.uuid, sequence: Int32(steps.count + 1), action: action.rawValue,
        from: steps.isEmpty ? nil : state.rawValue, to: next.rawValue, account: account, actorName: name,
        unitName: unit, comment: comment, at: at))
    state = next
  }
}
