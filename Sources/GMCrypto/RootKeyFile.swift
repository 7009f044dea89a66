import Foundation

extension KeyRing {
  /// Reads the root key from a file of 64 hexadecimal digits.
  ///
  /// Blocks for one small file read; meant for start-up. Throws `.keyFile` when the file is missing, is not a regular
  /// file, may be read or written by anybody but its owner, belongs to another user, or does not hold 32 bytes.
  public static func load(file path: String, provider: any CryptoProvider) throws(CryptoError) -> KeyRing {
    var text = try privateContent(of: path)
    defer { wipe(&text) }
    let digits = String(decoding: text, as: UTF8.self)
    guard var bytes = Hex.bytes(digits.trimmingCharacters(in: .whitespacesAndNewlines)), bytes.count == 32 else {
      throw .keyFile("\(path): not 64 hexadecimal digits")
    }
    defer { wipe(&bytes) }
    return try KeyRing(root: SecretKey(bytes), provider: provider)
  }

  /// Writes a new random root key; the file is there with its whole content or not at all.
  ///
  /// Readable by its owner only. Throws `.keyFile` when a file of that name exists: a root key is never replaced, since
  /// everything sealed under it would be lost. The key is on disk (synced) when this returns.
  public static func createRootKey(file path: String, provider: any CryptoProvider) throws(CryptoError) {
    var key = try provider.random(32)
    defer { wipe(&key) }
    var line = Array((Hex.text(key) + "\n").utf8)
    defer { wipe(&line) }
    // Written beside its place and linked into it: `link` refuses an existing name, and a crash leaves no half a key.
    let draft = path + ".new-" + Hex.text(try provider.random(8))
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .keyFile("\(path): \(String(cString: strerror(errno)))") }
    defer { unlink(draft) }
    let written = write(descriptor, line, line.count) == line.count && fsync(descriptor) == 0
    close(descriptor)
    guard written else { throw .keyFile("\(path): cannot be written") }
    guard link(draft, path) == 0 else {
      throw .keyFile("\(path): \(errno == EEXIST ? "exists already" : String(cString: strerror(errno)))")
    }
  }

  private static func privateContent(of path: String) throws(CryptoError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .keyFile("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    // Looked at through the descriptor, so the file that is checked is the file that is read.
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      throw .keyFile("\(path): not a regular file")
    }
    guard facts.st_mode & 0o077 == 0 else { throw .keyFile("\(path): others may read or write it; chmod 600") }
    guard facts.st_uid == geteuid() else { throw .keyFile("\(path): belongs to another user") }
    var content = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &content, content.count)
    guard count >= 0 else { throw .keyFile("\(path): cannot be read") }
    content.removeLast(content.count - count)
    return content
  }
}
