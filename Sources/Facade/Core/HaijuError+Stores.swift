import Cache
import Documents
import GMCrypto
import Kernel
import Logging
import Relational
import TimeSeries

extension HaijuError {
  /// What a store's error means to a caller of the facade; the cause goes to the log under the trace id.
  init(_ error: any Error, logger: Logger, trace: String = "-") {
    switch error {
    case let known as HaijuError: self = known
    case let relational as RelationalError: self = Self.translate(relational)
    case let document as DocumentError:
      self = .unavailable(store: "documents", mayHaveHappened: document.mayHaveHappened)
    case is CancellationError: self = .unavailable(store: "relational", mayHaveHappened: false)
    default: self = .fault(String(describing: type(of: error)))
    }
    if !isRefusal {
      logger.error("\(code)", metadata: ["trace": "\(trace)", "cause": "\(error)"])
    }
  }

  private static func translate(_ error: RelationalError) -> HaijuError {
    if let constraint = error.constraint, let known = constraintMeanings[constraint] { return known }
    switch error.code {
    case .outcomeUnknown: return .unavailable(store: "relational", mayHaveHappened: true)
    case .unavailable, .acquireTimeout, .deadline, .cancelled, .closed, .serialization:
      return .unavailable(store: "relational", mayHaveHappened: false)
    default: return .fault(error.statement ?? "statement")
    }
  }

  /// What the violation of a constraint means in the words of the business; all others are faults of Haiju.
  static let constraintMeanings: [String: HaijuError] = [
    "person_identity_unique": .duplicate(field: "identityNumber", message: "这个身份证号已经注册过，请直接登录"),
    "account_name_key": .duplicate(field: "account", message: "这个登录名已被使用，请换一个"),
    "employer_name_key": .duplicate(field: "name", message: "这个单位名称已经登记过"),
    "employer_credit_code_key": .duplicate(field: "creditCode", message: "这个统一社会信用代码已经登记过"),
    "certification_case_one_open": .refused(code: "case_open", message: "已有一件认定正在办理"),
    "certification_case_two_people": .refused(code: "same_person", message: "单位审核和主管部门审核须由两个人完成"),
    "certification_one_active": .refused(code: "already_certified", message: "已有一份有效的人才认定，不能再次认定"),
    "service_case_one_open": .refused(code: "case_open", message: "这项服务已有一件正在办理，请在“我的办件”中查看"),
    "service_case_sent_once": .refused(code: "sent_twice", message: "这份申请已经提交过"),
    "service_rating_pkey": .refused(code: "rated", message: "您已经评价过这件办件"),
    "used_form_token_pkey": .refused(code: "form_used", message: "这张表单已经提交过，请刷新页面"),
  ]
}
