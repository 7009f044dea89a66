/// SM3 written from the text of GB/T 32905, word by word and slow: the second opinion that the tests compare with.
enum ReferenceSM3 {
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    padded += withUnsafeBytes(of: UInt64(message.count * 8).bigEndian) { Array($0) }
    var state: [UInt32] = [
      0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e,
    ]
    for start in stride(from: 0, to: padded.count, by: 64) { compress(&state, padded[start..<start + 64]) }
    return state.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
  }

  /// HMAC as RFC 2104 has it, over the digest above.
  static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let short = key.count > 64 ? digest(key) : key
    let block = short + [UInt8](repeating: 0, count: 64 - short.count)
    return digest(block.map { $0 ^ 0x5c } + digest(block.map { $0 ^ 0x36 } + message))
  }

  /// PBKDF2 as RFC 8018 has it, over the HMAC above.
  static func pbkdf2(password: [UInt8], salt: [UInt8], iterations: Int, count: Int) -> [UInt8] {
    var key: [UInt8] = []
    var index: UInt32 = 1
    while key.count < count {
      var round = hmac(key: password, salt + withUnsafeBytes(of: index.bigEndian) { Array($0) })
      var block = round
      for _ in 1..<iterations {
        round = hmac(key: password, round)
        for byte in block.indices { block[byte] ^= round[byte] }
      }
      key += block
      index += 1
    }
    return Array(key.prefix(count))
  }

  private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
    var words: [UInt32] = stride(from: block.startIndex, to: block.endIndex, by: 4).map { at in
      block[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    for j in 16..<68 {
      let mixed = words[j - 16] ^ words[j - 9] ^ rotated(words[j - 3], 15)
      words.append(mixed ^ rotated(mixed, 15) ^ rotated(mixed, 23) ^ rotated(words[j - 13], 7) ^ words[j - 6])
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for j in 0..<64 {
      let constant: UInt32 = j < 16 ? 0x79cc_4519 : 0x7a87_9d8a
      let ss1 = rotated(rotated(a, 12) &+ e &+ rotated(constant, j % 32), 7)
      let ss2 = ss1 ^ rotated(a, 12)
      let ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
      let gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g)
      let tt1 = ff &+ d &+ ss2 &+ (words[j] ^ words[j + 4])
      let tt2 = gg &+ h &+ ss1 &+ words[j]
      (d, c, b, a) = (c, rotated(b, 9), a, tt1)
      (h, g, f, e) = (g, rotated(f, 19), e, tt2 ^ rotated(tt2, 9) ^ rotated(tt2, 17))
    }
    for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] ^= word }
  }

  private static func rotated(_ word: UInt32, _ by: Int) -> UInt32 {
    by % 32 == 0 ? word : word << UInt32(by % 32) | word >> UInt32(32 - by % 32)
  }
}
