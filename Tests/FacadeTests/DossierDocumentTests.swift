import GMCrypto
import Kernel
import Relational
import Testing

@testable import Facade

@Suite("DOSS: dossiers as the fold of their log")
struct DossierDocumentTests {
  @Test("OrderedFields keeps the order of first appearance when a value changes")
  func order() {
    var fields = OrderedFields<Int>()
    fields["b"] = 1
    fields["a"] = 2
    fields["b"] = 3
    #expect(fields.entries.map(\.name) == ["b", "a"])
    #expect(fields["b"] == 3)
    fields["b"] = nil
    #expect(fields.entries.map(\.name) == ["a"])
  }

  @Test("Every operation names the roles that may do it, and no administrator reads business data")
  func administratorsReadNoBusinessData() {
    let business: [Operation] = [
      .personRead, .personReveal, .personList, .certificationRead, .certificationQueue, .dossierRead, .caseRead,
      .caseQueue, .readingRead, .noticeRead,
    ]
    for operation in business {
      for administrator in [Role.systemAdministrator, .securityAdministrator, .auditAdministrator] {
        #expect(!operation.roles.contains(administrator), "\(operation.rawValue)")
      }
    }
    #expect(Operation.allCases.allSatisfy { !$0.roles.isEmpty })
  }
}
