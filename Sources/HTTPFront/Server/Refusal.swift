import Facade
import HTTPTypes
import Kernel

/// What a request that is not answered as asked gets instead; the one place where errors become statuses.
struct Refusal: Error, Sendable {
  let status: HTTPResponse.Status
  let code: String
  let message: String
  let fields: [FieldFault]
  /// The error for the audit trail, where the facade has not seen the request.
  let unrecorded: HaijuError?

  /// What the facade answered; it has left its own record.
  init(_ error: HaijuError) {
    self.init(Self.status(of: error), error, recorded: true)
  }

  private init(_ status: HTTPResponse.Status, _ error: HaijuError, recorded: Bool) {
    self.status = status
    code = error.code
    message = error.message
    fields =
      switch error {
      case .invalid(let faults): faults
      case .duplicate(let field, let message): [FieldFault(field, "duplicate", message)]
      default: []
      }
    unrecorded = recorded ? nil : error
  }

  private static func status(of error: HaijuError) -> HTTPResponse.Status {
    switch error {
    case .invalid: .unprocessableContent
    case .notFound: .notFound
    case .unauthenticated, .wrongCredentials: .unauthorized
    case .forbidden: .forbidden
    case .duplicate, .conflict, .refused: .conflict
    case .locked: HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
    case .unavailable: .serviceUnavailable
    case .fault: .internalServerError
    }
  }

  /// The body or the query is not what the declaration says.
  static func invalid(_ error: HaijuError) -> Refusal { Refusal(.unprocessableContent, error, recorded: false) }

  /// The body cannot be read at all.
  static func malformed(_ code: String, _ message: String) -> Refusal {
    Refusal(.badRequest, .invalid([FieldFault("", code, message)]), recorded: false)
  }

  /// The body broke off or its chunks are not what HTTP has.
  static let brokenBody = malformed("body", "提交的内容没有完整送达，请检查网络后重发")

  /// The body did not arrive in time.
  static let slow = Refusal(
    .requestTimeout, .refused(code: "slow", message: "提交的内容太久没有送完，请检查网络后重发"), recorded: false)

  /// A token of no session that lives; facade calls leave records of their own, a token leaves this one.
  static let noSession = Refusal(.unauthorized, .unauthenticated, recorded: false)

  /// The body is larger than its kind may be.
  static func tooLarge(limit: Int) -> Refusal {
    let size = limit >= 1 << 20 ? "\(limit >> 20) MB" : "\(limit >> 10) KB"
    return Refusal(
      .contentTooLarge, .refused(code: "too_large", message: "提交的内容过大，最多 \(size)，请减少内容或分次提交"), recorded: false)
  }

  /// The body is of a kind that this address does not take.
  static func unsupportedMedia(_ expected: String) -> Refusal {
    Refusal(
      .unsupportedMediaType, .refused(code: "media_type", message: "提交内容的格式不受支持，应为 \(expected)"), recorded: false)
  }

  /// A signed-in request that another site sent.
  static let foreignOrigin = Refusal(
    .forbidden, .refused(code: "origin", message: "这次提交不是从本站页面发出的，请打开本站页面后再操作"), recorded: false)

  /// An address that names nothing.
  static func noSuch(_ kind: HaijuError.Kind) -> Refusal { Refusal(.notFound, .notFound(kind), recorded: false) }

  /// The address exists, the method does not.
  static let noRoute = Refusal(.notFound, .notFound(.page), recorded: false)

  /// Something that should not happen; the log has it under the trace id.
  static let fault = Refusal(.internalServerError, .fault("front"), recorded: true)

  /// The body of an API's answer.
  func json(trace: String) -> JSONValue {
    let faults = fields.map { fault in
      JSONValue.object([
        "field": .text(fault.field), "code": .text(fault.code), "message": .text(fault.message),
      ])
    }
    return .object([
      "error": .object([
        "code": .text(code), "message": .text(message), "fields": .array(faults), "trace": .text(trace),
      ])
    ])
  }
}
