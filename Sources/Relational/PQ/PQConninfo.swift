import CLibpq
import Foundation

/// A connection string taken apart by libpq itself.
package struct PQConninfo {
  /// Keywords that were given a value.
  package var options: [(keyword: String, value: String)]

  /// `nil` when libpq cannot read the string. Its message is not kept: it may repeat a password.
  package init?(_ uri: String) {
    var message: UnsafeMutablePointer<CChar>?
    guard let parsed = PQconninfoParse(uri, &message) else {
      PQfreemem(message)
      return nil
    }
    defer { PQconninfoFree(parsed) }
    options = []
    var option = parsed
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        options.append((String(cString: keyword), String(cString: value)))
      }
      option += 1
    }
  }

  subscript(keyword: String) -> String? {
    get { options.first { $0.keyword == keyword }?.value }
    set {
      options.removeAll { $0.keyword == keyword }
      if let newValue { options.append((keyword, newValue)) }
    }
  }
}

/// C strings in the form that libpq's parameter lists want, ended by a null pointer.
final class CStrings {
  private(set) var pointers: [UnsafePointer<CChar>?]
  init(_ strings: [String]) { pointers = strings.map { strdup($0).map { UnsafePointer($0) } } + [nil] }
  deinit { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
}
