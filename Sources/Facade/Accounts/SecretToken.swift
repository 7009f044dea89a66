import Foundation
import GMCrypto

/// Random values that are shown to one client only.
enum SecretToken {
  /// 256 random bits in base64url, 43 characters.
  static func make(from provider: any CryptoProvider) throws(CryptoError) -> String {
    encode(try provider.random(32))
  }

  /// What the tables keep of a token.
  static func digest(_ token: String, with provider: any CryptoProvider) -> [UInt8] {
    provider.sm3(Array(token.utf8)).bytes
  }

  /// base64url without padding.
  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// The bytes of base64url without padding; `nil` when it is not.
  static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 1024, !text.contains("="), !text.contains("+"), !text.contains("/") else { return nil }
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    return Data(base64Encoded: plain + padding).map(Array.init)
  }
}

/// Makes first passwords that fulfil the policy, without characters that look alike.
enum RandomPassword {
  /// 16 characters from three classes, about 90 random bits.
  static func make(from provider: any CryptoProvider) throws(CryptoError) -> String {
    let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789".utf8)
    while true {
      // 228 is the largest multiple of 57 that a byte holds; larger bytes would favour the first characters.
      let places = try provider.random(32).filter { $0 < 228 }.prefix(16).map { alphabet[Int($0) % alphabet.count] }
      let password = String(decoding: places, as: UTF8.self)
      if PasswordPolicy.check(password, accountName: "", personName: "", phone: "").isEmpty { return password }
    }
  }
}
