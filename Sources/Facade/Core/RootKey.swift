import GMCrypto
import Logging

/// The root key of an installation, from which all others are derived.
public enum RootKey {
  /// Makes a new random root key in a file that only its owner can read; refuses to replace one.
  ///
  /// Whoever loses the file loses every sealed value; keep a copy apart from the backups of the data.
  public static func create(file path: String) throws(HaijuError) {
    do {
      try KeyRing.createRootKey(file: path, provider: try OpenSSLProvider())
    } catch {
      throw .refused(code: "key_file", message: "不能创建密钥文件：\(error)")
    }
  }
}
