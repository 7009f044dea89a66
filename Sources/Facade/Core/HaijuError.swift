public import Kernel

/// Why a call of the facade did not do what it was asked.
///
/// The message is for the person in front of the screen, in Chinese; the code is for programs and does not change. Neither
/// holds a value that somebody typed.
public enum HaijuError: Error, Sendable, Hashable {
  /// The input is wrong, field by field; nothing was changed.
  case invalid([FieldFault])
  /// No such thing, or none that this actor may see.
  case notFound(Kind)
  /// Nobody is signed in and the operation needs somebody.
  case unauthenticated
  /// Account or password is wrong; which of the two is not said.
  case wrongCredentials
  /// The account is locked after too many failed attempts.
  case locked(until: Instant)
  /// The actor may not do this.
  case forbidden(Operation)
  /// The record is known already.
  case duplicate(field: String, message: String)
  /// The record has changed since it was read; nothing was changed.
  case conflict(current: Int64)
  /// A rule of the business forbids it now; `code` names the rule.
  case refused(code: String, message: String)
  /// A store cannot be reached; `mayHaveHappened` when the answer was lost after the commit was sent.
  case unavailable(store: String, mayHaveHappened: Bool)
  /// A fault of Haiju itself; the log has the cause under the trace id.
  case fault(String)

  /// What was not found.
  public enum Kind: String, Sendable, Hashable {
    case person, employer, account, certificationCase, serviceCase, service, dossier, series, notice, page
  }
}

/// What is wrong with one field.
public struct FieldFault: Sendable, Hashable, Codable {
  /// The field's name in the API, `""` for the input as a whole.
  public let field: String
  /// A code that does not change.
  public let code: String
  /// What to do, in Chinese.
  public let message: String

  /// What is wrong with one field.
  public init(_ field: String, _ code: String, _ message: String) {
    self.field = field
    self.code = code
    self.message = message
  }
}

extension HaijuError {
  /// A code for programs that does not change.
  public var code: String {
    switch self {
    case .invalid(let faults): faults.first.map { "invalid.\($0.code)" } ?? "invalid"
    case .notFound(let kind): "not_found.\(kind.rawValue)"
    case .unauthenticated: "unauthenticated"
    case .wrongCredentials: "wrong_credentials"
    case .locked: "locked"
    case .forbidden: "forbidden"
    case .duplicate(let field, _): "duplicate.\(field)"
    case .conflict: "conflict"
    case .refused(let code, _): "refused.\(code)"
    case .unavailable(let store, _): "unavailable.\(store)"
    case .fault: "fault"
    }
  }

  /// What to tell the person, in Chinese.
  public var message: String {
    switch self {
    case .invalid(let faults): faults.map(\.message).joined(separator: "；")
    case .notFound: "没有找到，或者您无权查看"
    case .unauthenticated: "请先登录"
    case .wrongCredentials: "账号或口令不对，请检查后再试"
    case .locked(let until): "口令连续输错，账号已锁定至 \(shanghaiClock(until))，请稍后再试"
    case .forbidden: "您的角色不能做这一步"
    case .duplicate(_, let message): message
    case .conflict: "内容已被他人更新，请刷新后再试"
    case .refused(_, let message): message
    case .unavailable(_, let mayHaveHappened):
      mayHaveHappened ? "系统暂时没有回应，刚才的操作可能已经完成，请刷新查看" : "系统暂时不可用，请稍后再试"
    case .fault: "系统出错，已记录，请稍后再试"
    }
  }

  /// Whether the audit trail calls it refused (the caller's doing) or failed (ours).
  var isRefusal: Bool {
    switch self {
    case .unavailable, .fault: false
    default: true
    }
  }
}

/// Hour and minute in Shanghai, for messages.
private func shanghaiClock(_ instant: Instant) -> String {
  let minutes = (instant.microseconds / 60_000_000 + 480) % 1440
  return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
}
