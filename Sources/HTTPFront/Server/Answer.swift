import Hummingbird
import HTTPTypes
import Kernel
import NIOCore

extension Response {
  /// An answer in JSON.
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, mark: CommitMark? = nil
  ) -> Response {
    var headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    if let mark { headers[.haijuMark] = mark.description }
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: value.bytes)))
  }

  /// A page. `private` ones are kept by nobody.
  static func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  /// Sends the browser on with a GET, so that reloading does not submit again.
  static func seeOther(_ path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path, .cacheControl: "no-store"])
  }

  /// Adds a cookie that scripts cannot read; `seconds` 0 takes it away, `nil` ends with the browser.
  mutating func setCookie(_ name: String, _ value: String, seconds: Int?, secure: Bool) {
    var cookie = "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax"
    if let seconds { cookie += "; Max-Age=\(seconds)" }
    if secure { cookie += "; Secure" }
    headers.append(HTTPField(name: .setCookie, value: cookie))
  }
}

extension HTTPField.Name {
  static let haijuMark = known("Haiju-Mark")
  static let requestID = known("X-Request-Id")
  static let idempotencyKey = known("Idempotency-Key")
  static let contentSecurityPolicy = known("Content-Security-Policy")
  static let contentTypeOptions = known("X-Content-Type-Options")
  static let frameOptions = known("X-Frame-Options")
  static let referrerPolicy = known("Referrer-Policy")
  static let openerPolicy = known("Cross-Origin-Opener-Policy")
  static let permissionsPolicy = known("Permissions-Policy")

  private static func known(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return field
  }
}
