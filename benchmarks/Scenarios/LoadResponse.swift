import Foundation

/// A complete HTTP answer.
public struct LoadResponse: Sendable {
  /// The status code.
  public let status: Int
  /// The header fields in the order received.
  public let headers: [(name: String, value: String)]
  /// The whole body.
  public let body: [UInt8]

  /// The first header field of a name, whatever its case.
  public func header(_ name: String) -> String? { headers(name).first }

  /// All header fields of a name, whatever its case.
  public func headers(_ name: String) -> [String] {
    let wanted = name.lowercased()
    return headers.filter { $0.name.lowercased() == wanted }.map(\.value)
  }

  /// The body read as JSON. Throws `LoadFailure.content` when it does not fit.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(LoadFailure) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw LoadFailure.content("not a \(type)")
    }
  }
}

/// The methods that a scenario may send.
public enum LoadMethod: String, Sendable {
  /// Reads.
  case get = "GET"
  /// Makes or does something.
  case post = "POST"
  /// Replaces.
  case put = "PUT"
  /// Changes in part.
  case patch = "PATCH"
  /// Removes.
  case delete = "DELETE"
}
