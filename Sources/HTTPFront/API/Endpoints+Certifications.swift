import Facade
import Hummingbird

extension Endpoint {
  /// Certification cases on their way through employer and department.
  static let certifications: [Endpoint] = [
    // What the queue holds depends on who asks: an officer's own employer, or all that wait for the department.
    .get("/certification-cases", "listCertificationQueue", "等待当前账号审核的认定", query: pageQuery) { call in
      .json(try await call.haiju.certifications.queue(page: call.page(), as: call.actor).json(\.json))
    },
    .get("/certification-cases/{case}", "readCertificationCase", "一件认定及其每一步") { call in
      let id: CertificationCaseID = try call.id("case", .certificationCase)
      let found = try await call.haiju.certifications.require(id, as: call.actor)
      let steps = try await call.haiju.certifications.steps(id, as: call.actor)
      return .json(.object(["case": found.json, "steps": .array(steps.map(\.json))]))
    },
    // The same call for both approvals: the case knows whose turn it is, and the last one runs the rule.
    .post(
      "/certification-cases/{case}/approve", "approveCertification", "审核通过",
      body: [.optional("comment", "审核意见"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.certifications.approve(
        call.id("case", .certificationCase), expecting: call.body.integer("revision"),
        comment: call.body.optionalText("comment"), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/certification-cases/{case}/return", "returnCertification", "退回补正",
      body: [.required("comment", "退回原因"), .optional("revision", .integer, "看到的版本号")]
    ) { call in
      let committed = try await call.haiju.certifications.returnForCorrection(
        call.id("case", .certificationCase), expecting: call.body.integer("revision"),
        comment: call.body.text("comment"), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
    .post(
      "/certification-cases/{case}/resubmit", "resubmitCertification", "补正后再次提交",
      body: [
        .optional("employer", "更正后的用人单位编号"), .optional("degree", "更正后的学历"), .optional("jobTitle", "更正后的岗位"),
        .optional("comment", "补正说明"),
      ]
    ) { call in
      let committed = try await call.haiju.certifications.resubmit(
        call.id("case", .certificationCase), correcting: try CertificationCorrection(call.body),
        comment: call.body.optionalText("comment"), as: call.actor)
      return .json(committed.json(\.json), mark: committed.mark)
    },
  ]
}
