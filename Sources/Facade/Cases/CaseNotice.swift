/// What the applicant is told about a step.
struct CaseNotice {
  let title: String
  let body: String

  init(_ step: CaseAction, _ stored: StoredCase, comment: String?) {
    title = "\(stored.serviceTitle)：\(stored.state.title)"
    let remark = comment.map { "：\($0)" } ?? ""
    // People end their remarks with a full stop or without.
    let end = remark.last.map { "。！？….!?".contains($0) } ?? false ? "" : "。"
    body =
      switch step {
      case .submit, .resubmit: "申请已提交，查询码 \(stored.code)，由\(stored.unitName)办理，承诺 \(stored.promisedOn) 前办结。"
      case .accept: "\(stored.unitName)已受理您的申请\(remark)\(end)"
      case .sendBack: "\(stored.unitName)退回了您的申请，请补正后再提交\(remark)\(end)"
      case .complete: "\(stored.unitName)已办结您的申请\(remark)\(end)欢迎评价。"
      case .refuse: "\(stored.unitName)不予办理您的申请\(remark)\(end)"
      case .withdraw: "您已撤回这份申请。"
      case .rate: "感谢您的评价。"
      }
  }
}
