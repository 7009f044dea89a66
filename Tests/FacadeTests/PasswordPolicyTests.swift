import Testing

@testable import Facade

@Suite struct PasswordPolicyTests {
  private func faults(_ password: String) -> [String] {
    PasswordPolicy.check(password, accountName: "zhangsan", personName: "张三", phone: "13812341234").map(\.code)
  }

  @Test(
    "MLPS-ID-2: a good password has no fault",
    arguments: ["Blue7-river", "月亮-Moon-42", "correct Horse 9", "aB3aB3aB3aB3"])
  func good(_ password: String) { #expect(faults(password) == []) }

  @Test(
    "MLPS-ID-2: a bad password is refused for what is bad about it",
    arguments: [
      ("", ["password_short", "password_simple"]), ("Ab3-Ab3-A", ["password_short"]),
      ("abcdefghij", ["password_simple"]), ("abcdefghij12", ["password_simple"]),
      ("my-ZhangSan-1", ["password_personal"]),
      ("Ab-13812341234", ["password_personal"]), ("张三-Moon-42x", ["password_personal"]),
      ("Password@123", ["password_weak"]), ("Ｐassword@123", ["password_weak"]),
      (String(repeating: "aB3", count: 60), ["password_long"]),
    ])
  func bad(_ password: String, _ expected: [String]) { #expect(faults(password) == expected) }

  @Test("An unknown name or phone is looked for nowhere")
  func emptyParts() {
    #expect(PasswordPolicy.check("Blue7-river", accountName: "", personName: " ", phone: "").isEmpty)
  }
}

@Suite struct InputCheckTests {
  @Test("All wrong fields are told at once")
  func allFaults() {
    var input = InputCheck()
    _ = input.text("a", "甲", "", 1...5)
    _ = input.text("b", "乙", "123456", 1...5)
    _ = input.text("c", "丙", "x\u{0}y", 1...5)
    _ = input.text("d", "丁", "a\u{202E}b", 1...5)
    _ = input.accountName("e", "Zhang San")
    #expect(input.faults.map(\.field) == ["a", "b", "c", "d", "e"])
    #expect(throws: HaijuError.invalid(input.faults)) { try input.finish() }
  }

  @Test("Names of several scripts are names; digits, markup and one letter alone are not")
  func names() {
    func accepts(_ name: String) -> Bool {
      var input = InputCheck()
      _ = input.personName("name", "姓名", name)
      return input.faults.isEmpty
    }
    #expect(["张三", "阿卜杜拉·买买提", "Jean-Luc O'Neil Jr.", "김민준"].allSatisfy(accepts))
    #expect(["张", "张3", "<b>张三</b>", "张  三", "张\n三", ""].allSatisfy { !accepts($0) })
  }

  @Test("Text over several lines is a fault only where one line belongs")
  func lines() {
    var input = InputCheck()
    #expect(input.text("a", "意见", " 第一行\n第二行 ", 1...20, lines: true) == "第一行\n第二行")
    #expect(input.faults.isEmpty)
    _ = input.text("a", "岗位", "第一行\n第二行", 1...20)
    #expect(input.faults.map(\.code) == ["characters"])
    #expect(input.optionalText("b", "岗位", "   ", upTo: 5) == nil)
  }
}
