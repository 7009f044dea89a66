import Facade
import Kernel
import Testing

@Suite struct IdentityNumberTests {
  private let today = CivilDate(year: 2026, month: 11, day: 24)

  private func fault(_ text: String) throws -> IdentityNumber.Fault? {
    switch IdentityNumber.check(text, today: try #require(today)) {
    case .success: nil
    case .failure(let fault): fault
    }
  }

  @Test("The example of GB 11643 is right, with its birth date and mask")
  func standardExample() throws {
    let number = try #require(IdentityNumber(checking: "11010519491231002X"))
    #expect(number.birthDate == CivilDate(year: 1949, month: 12, day: 31))
    #expect(number.masked == "110***********002X")
  }

  @Test("Lower case, full-width digits and spaces around make no difference")
  func inputMethods() {
    let plain = IdentityNumber(checking: "11010519491231002X")
    #expect(plain != nil)
    #expect(IdentityNumber(checking: " 11010519491231002x\n") == plain)
    #expect(IdentityNumber(checking: "１１０１０５１９４９１２３１００２Ｘ") == plain)
  }

  @Test(
    "A wrong number is refused for the part that is wrong",
    arguments: [
      ("", IdentityNumber.Fault.empty), ("1101051949123100", .length), ("11010519491231002XX", .length),
      ("1101051949123100AX", .characters), ("110105194912310O2X", .characters), ("X10105194912310021", .characters),
      ("990105194912310027", .area), ("110105194913310020", .date), ("110105202302290028", .date),
      ("110105202611250024", .future), ("440524188001010014", .tooOld), ("110105194912310021", .check),
      ("11010519491231002\u{0}", .characters),
    ])
  func faults(_ text: String, _ expected: IdentityNumber.Fault) throws {
    #expect(try fault(text) == expected)
  }

  @Test("Somebody born today is accepted, whatever the check digit turns out to be, and tomorrow is not")
  func bornToday() throws {
    let accepted = try (0...10).filter { try fault("11010520261124001" + ($0 == 10 ? "X" : "\($0)")) == nil }
    #expect(accepted.count == 1)
    #expect(try fault("110105202611250010") == .future)
  }

  @Test("Every single wrong digit and every swap of neighbours is found")
  func singleErrors() throws {
    let right = Array("11010519491231002X")
    for place in 6..<17 {
      for digit in "0123456789" where digit != right[place] {
        var wrong = right
        wrong[place] = digit
        #expect(try fault(String(wrong)) != nil)
      }
      var swapped = right
      swapped.swapAt(place, place - 1)
      #expect(try swapped == right || fault(String(swapped)) != nil)
    }
  }

  @Test("A printed number shows no more than its mask")
  func printing() throws {
    let number = try #require(IdentityNumber(checking: "11010519491231002X"))
    var dumped = ""
    dump(number, to: &dumped)
    #expect(!"\(number)\(String(reflecting: number))\(dumped)".contains("19491231"))
  }
}

@Suite struct PhoneNumberTests {
  @Test(
    "Prefix, spaces and dashes are accepted",
    arguments: ["13812341234", "+8613812341234", "86 138-1234-1234", "0086 138 1234 1234", "１３８１２３４１２３４"])
  func accepted(_ text: String) throws {
    let phone = try #require(PhoneNumber(checking: text))
    #expect(phone.text == "13812341234")
    #expect(phone.masked == "138****1234")
  }

  @Test(
    "Anything that is no mobile number is refused",
    arguments: ["", "1381234123", "138123412345", "12812341234", "23812341234", "1381234123a", "+8513812341234"])
  func refused(_ text: String) { #expect(PhoneNumber(checking: text) == nil) }
}

@Suite struct CreditCodeTests {
  @Test("The example of GB 32100 is right; one changed character is not")
  func standardExample() {
    #expect(CreditCode(checking: "91350100m000100y43")?.text == "91350100M000100Y43")
    #expect(CreditCode(checking: "91350100M000100Y44") == nil)
    #expect(CreditCode(checking: "91350100M000100I43") == nil)
    #expect(CreditCode(checking: "9135010M0000100Y43") == nil)
    #expect(CreditCode(checking: "") == nil)
  }
}
