import GMCrypto
import Testing

@testable import Facade

@Suite struct TalentCodeTests {
  @Test("The check character is that of ISO 7064 MOD 37,36, as the Global Release Identifier publishes it")
  func standardExample() {
    #expect(TalentCode.check(Array("A12425GABC1234002".utf8)[...]) == UInt8(ascii: "M"))
  }

  @Test("A new code is valid, also as people type it; no two of a thousand are alike")
  func newCodes() throws {
    let provider = try OpenSSLProvider()
    var codes: Set<String> = []
    for _ in 0..<1000 {
      let code = try TalentCode.make(from: provider).text
      #expect(TalentCode.isValid(code))
      #expect(TalentCode(checking: " \(code.lowercased()) ")?.text == code)
      codes.insert(code)
    }
    #expect(codes.count == 1000)
  }

  @Test("Every wrong character is found")
  func wrongCharacters() {
    let right = Array(TalentCode(random: Array("7K2M9QX04ABZ".utf8)[...]).text)
    for place in right.indices {
      for character in TalentCode.alphabet.map({ Character(Unicode.Scalar($0)) }) where character != right[place] {
        var wrong = right
        wrong[place] = character
        #expect(!TalentCode.isValid(String(wrong)))
      }
    }
  }

  @Test("Other lengths and characters are no codes", arguments: ["", "HJ", "HJ7K2M9QX04AB", "HJ7K2M9QX04AB-", "人才码"])
  func malformed(_ text: String) { #expect(!TalentCode.isValid(text)) }
}
