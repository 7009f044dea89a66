import Facade
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
  /// How many bytes a JSON body or a plain form may have.
  static let formLimit = 64 << 10
  /// How long a body may take to arrive.
  static let bodyTime = Duration.seconds(60)
  /// How many bytes a file of readings may have.
  static let uploadLimit = 8 << 20

  /// The media type in lower case without its parameters; `""` when there is none.
  var mediaType: String {
    let value = headers[.contentType] ?? ""
    return trimmed(String(value.prefix { $0 != ";" })).lowercased()
  }

  /// A parameter of the media type, such as the boundary of a form.
  private func mediaParameter(_ name: String) -> String? {
    let value = headers[.contentType] ?? ""
    let parameter = value.split(separator: ";").dropFirst().map { trimmed(String($0)) }.first {
      $0.lowercased().hasPrefix("\(name)=")
    }
    guard var text = parameter?.dropFirst(name.count + 1) else { return nil }
    if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
    return String(text)
  }

  /// The whole body, at most `limit` bytes.
  ///
  /// A body that announces more is refused unread; one that does not is refused as soon as it has sent more, so no
  /// request can hold more memory than its limit. One that trickles is refused after `bodyTime`; one that falls silent
  /// ends with its connection, and what came of it until then is not taken for the whole.
  func bytes(limit: Int) async throws -> [UInt8] {
    let announced = headers[.contentLength].flatMap(Int.init)
    if let announced, announced > limit { throw Refusal.tooLarge(limit: limit) }
    let started = ContinuousClock.now
    var bytes: [UInt8] = []
    do {
      for try await part in body {
        guard bytes.count + part.readableBytes <= limit else { throw Refusal.tooLarge(limit: limit) }
        guard started.duration(to: .now) < Self.bodyTime else { throw Refusal.slow }
        bytes.append(contentsOf: part.readableBytesView)
      }
    } catch let error as Refusal {
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // Broken chunks or a broken connection: whatever it is called, the other side did it.
      throw Refusal.brokenBody
    }
    if let announced, announced != bytes.count { throw Refusal.brokenBody }
    return bytes
  }

  /// The body as JSON that fits its declaration; an empty body is an empty object.
  func json(_ fields: [BodyField]) async throws -> CheckedBody {
    let bytes = try await bytes(limit: Self.formLimit)
    guard bytes.isEmpty || mediaType == "application/json" else { throw Refusal.unsupportedMedia("application/json") }
    let value: JSONValue
    do {
      value = bytes.isEmpty ? .object([]) : try JSONParser.parse(bytes)
    } catch {
      throw Refusal.malformed("json_\(error.code)", "请求内容不是有效的 JSON（第 \(error.offset + 1) 个字节处），请检查后重发")
    }
    do {
      return try CheckedBody(value, fields)
    } catch {
      throw Refusal.invalid(error)
    }
  }

  /// The body as a form, with or without files.
  func form(limit: Int = Request.formLimit) async throws -> FormBody {
    let bytes = try await bytes(limit: limit)
    let form: FormBody?
    switch mediaType {
    case "application/x-www-form-urlencoded":
      form = String(validating: bytes, as: UTF8.self).flatMap { FormBody(urlEncoded: $0) }
    case "multipart/form-data":
      form = mediaParameter("boundary").flatMap { FormBody(multipart: bytes, boundary: $0) }
    default: throw Refusal.unsupportedMedia("网页表单")
    }
    guard let form else { throw Refusal.malformed("form", "表单内容无法读取，请返回重新填写") }
    return form
  }

  /// The fields of the query; `nil` values of broken escapes are left out.
  var query: FormBody { uri.query.flatMap { FormBody(urlEncoded: $0) } ?? FormBody() }

  /// A cookie's value.
  func cookie(_ name: String) -> String? {
    for header in headers[values: .cookie] {
      for pair in header.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, trimmed(String(parts[0])) == name { return trimmed(String(parts[1])) }
      }
    }
    return nil
  }

  /// Whether the request comes from a page of ours, as far as the browser tells.
  ///
  /// Browsers send `Origin` with every form; `Sec-Fetch-Site` says the same where it is known. A request with neither
  /// is no browser's and is judged by its form token alone.
  var isFromOwnPage: Bool {
    if let site = HTTPFields.named("sec-fetch-site", in: headers), site != "same-origin", site != "none" {
      return false
    }
    guard let origin = headers[.origin] else { return true }
    guard let own = head.authority, let host = origin.firstRange(of: "://").map({ origin[$0.upperBound...] }) else {
      return false
    }
    return host == own
  }
}

extension HTTPFields {
  /// A field by a name that HTTPTypes has no constant for.
  static func named(_ name: String, in fields: HTTPFields) -> String? {
    HTTPField.Name(name).flatMap { fields[$0] }
  }
}
