extension FormBody {
  /// Reads `multipart/form-data` (RFC 7578); `nil` when it is broken or has more than 64 parts.
  ///
  /// One pass over the bytes. Only the parameters `name` and `filename` of a part are looked at; what a browser says
  /// about a file's type is not believed.
  init?(multipart bytes: [UInt8], boundary: String) {
    guard !boundary.isEmpty, boundary.utf8.count <= 70 else { return nil }
    let delimiter = Array("\r\n--\(boundary)".utf8)
    var fields: [(name: String, value: String)] = []
    var files: [File] = []
    // The first delimiter has no line end before it.
    guard bytes.starts(with: delimiter.dropFirst(2)) else { return nil }
    var position = delimiter.count - 2
    while true {
      if bytes[position...].starts(with: "--".utf8) { break }
      guard bytes[position...].starts(with: "\r\n".utf8), fields.count + files.count < 64 else { return nil }
      guard let headEnd = Self.find(Array("\r\n\r\n".utf8), in: bytes, from: position),
        let end = Self.find(delimiter, in: bytes, from: headEnd + 2)
      else { return nil }
      let head = String(decoding: bytes[position..<headEnd], as: UTF8.self)
      let content = headEnd + 4 <= end ? bytes[(headEnd + 4)..<end] : []
      guard let name = Self.parameter("name", in: head) else { return nil }
      if let file = Self.parameter("filename", in: head) {
        files.append(File(field: name, name: file, bytes: Array(content)))
      } else {
        guard let value = String(validating: content, as: UTF8.self) else { return nil }
        fields.append((name, value))
      }
      position = end + delimiter.count
    }
    self.init(fields: fields, files: files)
  }

  private static func parameter(_ name: String, in head: String) -> String? {
    let disposition = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-disposition:") }
    guard let disposition, let start = disposition.firstRange(of: "; \(name)=\"") else { return nil }
    let rest = disposition[start.upperBound...]
    return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
  }

  /// The offset of a pattern, looking for its first byte with a fast scan.
  private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    var position = start
    while let next = bytes[position...].firstIndex(of: pattern[0]) {
      if bytes[next...].starts(with: pattern) { return next }
      position = next + 1
    }
    return nil
  }
}
