import Kernel
import Testing

@testable import Facade

@Suite("Workflow of a service case")
struct CaseWorkflowTests {
  @Test("A finished case accepts nothing but a rating of a completed one")
  func finished() {
    for state in CaseState.allCases where state.isFinished {
      for action in CaseAction.allCases {
        for party in [CaseWorkflow.Party.applicant, .clerk] {
          let next = try? CaseWorkflow.state(after: action, from: state, by: party)
          let isRating = state == .completed && action == .rate && party == .applicant
          #expect(next == (isRating ? .completed : nil))
        }
      }
    }
  }

  @Test(
    "Every unfinished case can be finished by a clerk or taken back by the applicant, and nobody does the other's part")
  func unfinished() throws {
    for state in CaseState.allCases where !state.isFinished {
      #expect(try CaseWorkflow.state(after: .withdraw, from: state, by: .applicant) == .withdrawn)
      #expect(throws: HaijuError.self) { try CaseWorkflow.state(after: .withdraw, from: state, by: .clerk) }
      #expect(throws: HaijuError.self) { try CaseWorkflow.state(after: .accept, from: state, by: .applicant) }
    }
    #expect(try CaseWorkflow.state(after: .accept, from: .submitted, by: .clerk) == .accepted)
    #expect(try CaseWorkflow.state(after: .complete, from: .accepted, by: .clerk) == .completed)
    #expect(throws: HaijuError.self) { try CaseWorkflow.state(after: .complete, from: .submitted, by: .clerk) }
    #expect(try CaseWorkflow.state(after: .resubmit, from: .returned, by: .applicant) == .submitted)
  }

  @Test("The table has one answer for each step, and every state can be reached")
  func table() {
    let steps = CaseWorkflow.transitions.map { "\($0.action) \($0.from) \($0.by)" }
    #expect(Set(steps).count == steps.count)
    var reached: Set<CaseState> = [.submitted]
    for _ in CaseState.allCases {
      reached.formUnion(CaseWorkflow.transitions.filter { reached.contains($0.from) }.map(\.to))
    }
    #expect(reached == Set(CaseState.allCases))
    #expect(CaseWorkflow.actions(from: .accepted, by: .clerk) == [.sendBack, .refuse, .complete])
  }

  @Test(
    "What is refused says why",
    arguments: [
      (CaseAction.accept, CaseState.completed, "refused.case_finished"), (.accept, .accepted, "refused.case_state"),
      (.rate, .accepted, "refused.not_completed"),
    ])
  func reasons(action: CaseAction, state: CaseState, code: String) {
    let error = #expect(throws: HaijuError.self) {
      try CaseWorkflow.state(after: action, from: state, by: action == .rate ? .applicant : .clerk)
    }
    #expect(error?.code == code)
  }

  @Test(
    "The promised day counts Monday to Friday",
    arguments: [
      ("2026-11-23", 1, "2026-11-24"), ("2026-11-23", 5, "2026-11-30"), ("2026-11-27", 1, "2026-11-30"),
      ("2026-11-28", 1, "2026-11-30"), ("2026-11-29", 10, "2026-12-11"), ("2026-12-31", 1, "2027-01-01"),
    ])
  func workingDays(start: String, count: Int, end: String) throws {
    let start = try #require(CivilDate(start))
    #expect(WorkingDays.day(count, after: start).description == end)
  }
}

@Suite("Form of a service case")
struct CaseFormTests {
  private let fields = [
    FormField(name: "plate", label: "车牌", type: .text, required: true, options: [], help: nil),
    FormField(name: "seats", label: "座位", type: .number, required: false, options: [], help: nil),
    FormField(name: "day", label: "日期", type: .date, required: false, options: [], help: nil),
    FormField(name: "kind", label: "种类", type: .choice, required: false, options: ["纯电", "插混"], help: nil),
    FormField(name: "bought", label: "购车日期", type: .pastDate, required: false, options: [], help: nil),
  ]
  private let today = CivilDate(daysSince1970: 20_780)

  private func faults(_ form: [String: String]) -> [FieldFault] {
    do {
      _ = try CaseForm.check(form, fields: fields, today: today)
      return []
    } catch {
      guard case .invalid(let faults) = error else { return [] }
      return faults
    }
  }

  @Test("A day that has to be over is refused from tomorrow on, and a day that is none at all")
  func pastDates() {
    let tomorrow = CivilDate(daysSince1970: today.daysSince1970 + 1)
    #expect(faults(["plate": "沪A", "bought": today.description]).isEmpty)
    #expect(faults(["plate": "沪A", "bought": tomorrow.description]).map(\.code) == ["future"])
    #expect(faults(["plate": "沪A", "bought": "2026-02-30"]).map(\.code) == ["date"])
    #expect(faults(["plate": "沪A", "day": tomorrow.description]).isEmpty)
  }

  @Test("Values come back in the order of the form, without spaces around and without blanks")
  func values() throws {
    let values = try CaseForm.check(
      ["kind": "纯电", "plate": " 沪A ", "seats": "  ", "day": "2026-02-28"], fields: fields, today: today)
    #expect(values.map(\.name) == ["plate", "day", "kind"])
    #expect(values.map(\.value) == ["沪A", "2026-02-28", "纯电"])
    #expect(values.map(\.label) == ["车牌", "日期", "种类"])
  }

  @Test("Each wrong field gets its own fault, all at once")
  func allFaults() {
    let found = faults(["seats": "五", "day": "2026-02-30", "kind": "柴油", "$ne": "1"])
    #expect(found.map(\.field) == ["plate", "seats", "day", "kind", "$ne"])
    #expect(found.map(\.code) == ["required", "number", "date", "choice", "unknown"])
  }

  @Test("Over-long values, control characters and blank required values are refused")
  func refused() {
    #expect(faults(["plate": String(repeating: "长", count: 500)]).isEmpty)
    #expect(faults(["plate": String(repeating: "长", count: 501)]).map(\.code) == ["too_long"])
    #expect(faults(["plate": "e" + String(repeating: "\u{301}", count: 100_000)]).map(\.code) == ["too_long"])
    #expect(faults(["plate": "沪\u{0}A"]).map(\.code) == ["characters"])
    #expect(faults(["plate": " \n"]).map(\.code) == ["required"])
  }

  @Test("No fault repeats a value", arguments: ["plate", "seats", "day", "kind"])
  func noValues(field: String) {
    let secret = "秘密" + String(repeating: "9", count: 600)
    #expect(faults([field: secret]).allSatisfy { !$0.message.contains("秘密") })
  }

  @Test(
    "Numbers are plain decimals",
    arguments: [
      ("3", true), ("-2.5", true), ("0.10", true), ("", false), (".5", false), ("5.", false), ("1e3", false),
      ("٣", false),
      ("1234567890123456", false), ("--1", false), ("1.2.3", false),
    ])
  func numbers(text: String, isNumber: Bool) { #expect(CaseForm.isNumber(text) == isNumber) }
}
