/// How a value lies in Redis: twenty digits of revision, then the value.
enum StoredValue {
  private static let headerLength = 20

  /// The revision as text whose alphabetical order is its numerical order, negative ones included.
  ///
  /// Digits, because Lua's numbers lose integers beyond 53 bits and its comparison of other bytes depends on the locale.
  static func header(_ revision: Int64) -> String {
    let digits = String(UInt64(bitPattern: revision) ^ (1 << 63))
    return String(repeating: "0", count: headerLength - digits.count) + digits
  }

  /// Writes unless a newer revision is there; Redis runs a script without anything in between.
  static let script = """
    local held = redis.call('GETRANGE', KEYS[1], 0, 19)
    if #held == 20 and held > ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
    return 1
    """

  /// The value without its revision; `nil` for what was not written by us.
  static func value(in stored: [UInt8]) -> [UInt8]? {
    guard stored.count >= headerLength,
      stored.prefix(headerLength).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Array(stored.dropFirst(headerLength))
  }
}
