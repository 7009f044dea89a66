/// Which step leads from which state to which: the one table that the order employer, department, rule hangs on.
enum CertificationWorkflow {
  /// What somebody or the rule does.
  enum Step: String, Sendable, CaseIterable {
    case submit
    case employerApprove = "employer_approve"
    case departmentApprove = "department_approve"
    case returned = "return"
    case resubmit
    case refuse
    case certify

    /// What the history calls it.
    var title: String {
      switch self {
      case .submit: "提交申请"
      case .employerApprove: "用人单位审核通过"
      case .departmentApprove: "主管部门审核通过"
      case .returned: "退回补正"
      case .resubmit: "补正后重新提交"
      case .refuse: "系统按示例规则判定不予认定"
      case .certify: "系统按示例规则自动认定并赋人才码"
      }
    }
  }

  /// The approval that a role gives now; why it cannot, otherwise.
  static func approval(by role: Role, in state: RegistrationState) throws(HaijuError) -> Step {
    switch (role, state) {
    case (.employerOfficer, .awaitingEmployer): return .employerApprove
    case (.reviewer, .awaitingDepartment): return .departmentApprove
    case (.employerOfficer, .awaitingDepartment):
      throw .refused(code: "already_approved", message: "用人单位已经审核通过，正在等待主管部门审核")
    case (.reviewer, .awaitingEmployer):
      throw .refused(code: "wrong_order", message: "须先由用人单位审核通过，主管部门才能审核")
    case (.employerOfficer, _), (.reviewer, _): throw finished(state)
    default: throw .forbidden(.certificationApprove)
    }
  }

  /// Checks that a role may send the case back now.
  static func checkReturn(by role: Role, in state: RegistrationState) throws(HaijuError) {
    switch (role, state) {
    case (.employerOfficer, .awaitingEmployer), (.reviewer, .awaitingDepartment): return
    case (.employerOfficer, .awaitingDepartment):
      throw .refused(code: "already_approved", message: "用人单位已经审核通过，只能由主管部门退回")
    case (.reviewer, .awaitingEmployer):
      throw .refused(code: "wrong_order", message: "正在等待用人单位审核，主管部门还不能退回")
    case (.employerOfficer, _), (.reviewer, _): throw finished(state)
    default: throw .forbidden(.certificationReturn)
    }
  }

  /// Checks that the case waits for corrections of the person.
  static func checkResubmit(in state: RegistrationState) throws(HaijuError) {
    if state != .returned { throw .refused(code: "not_returned", message: "这件认定没有被退回，不需要重新提交") }
  }

  /// Why nobody approves in a state that waits for no desk.
  private static func finished(_ state: RegistrationState) -> HaijuError {
    state == .returned
      ? .refused(code: "returned", message: "已退回本人补正，重新提交后才能审核")
      : .refused(code: "decided", message: "这件认定已经办结，不能再审核")
  }
}
