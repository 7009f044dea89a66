public import Kernel

extension Cases {
  /// Takes a submitted case on; a clerk of its unit.
  ///
  /// This and the verbs below: one commit with step, audit row and one notice to the applicant; the case is locked, so
  /// of two clerks exactly one succeeds. `.conflict` when `revision` is not the present one, `.refused` when the
  /// workflow has no such step.
  public func accept(
    _ id: ServiceCaseID, expecting revision: Int64? = nil, comment: String? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { action in
      try action.begin(.caseDecide, .serviceCase(id))
      let comment = try checkedRemark(comment, field: "comment", label: "意见", required: false, atMost: 500)
      return try await action.cases.step(
        .accept, id, expecting: revision, by: .clerk, operation: .caseDecide, comment: comment)
    }
  }

  /// Finishes an accepted case; `result` says what came of it, up to 1000 characters.
  public func complete(
    _ id: ServiceCaseID, expecting revision: Int64? = nil, result: String, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { action in
      try action.begin(.caseDecide, .serviceCase(id))
      let result = try checkedRemark(result, field: "result", label: "办理结果", required: true, atMost: 1000)
      return try await action.cases.step(
        .complete, id, expecting: revision, by: .clerk, operation: .caseDecide, result: result)
    }
  }

  /// Gives a case back to the applicant; `comment` says what to correct.
  public func sendBack(
    _ id: ServiceCaseID, expecting revision: Int64? = nil, comment: String, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { action in
      try action.begin(.caseDecide, .serviceCase(id))
      let comment = try checkedRemark(comment, field: "comment", label: "退回原因", required: true, atMost: 500)
      return try await action.cases.step(
        .sendBack, id, expecting: revision, by: .clerk, operation: .caseDecide, comment: comment)
    }
  }

  /// Refuses a case for good; `comment` says why and becomes its result.
  public func refuse(
    _ id: ServiceCaseID, expecting revision: Int64? = nil, comment: String, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { action in
      try action.begin(.caseDecide, .serviceCase(id))
      let reason = try checkedRemark(comment, field: "comment", label: "不予办理的原因", required: true, atMost: 500)
      return try await action.cases.step(
        .refuse, id, expecting: revision, by: .clerk, operation: .caseDecide, result: reason)
    }
  }

  /// Takes an unfinished case back; only the applicant.
  public func withdraw(
    _ id: ServiceCaseID, expecting revision: Int64? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) {
      try await $0.cases.step(.withdraw, id, expecting: revision, by: .applicant, operation: .caseWithdraw)
    }
  }

  /// Rates a completed case, once; only the applicant. No notice.
  public func rate(
    _ id: ServiceCaseID, score: Int, comment: String? = nil, as actor: Actor
  ) async throws(HaijuError) -> Committed<ServiceCase> {
    try await core.act(as: actor) { try await $0.cases.rate(id, score: score, comment: comment) }
  }
}
