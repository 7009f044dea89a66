import Facade
import Kernel

extension PersonDraft {
  /// A registration from a checked body; what the facade does not see as text is checked here.
  init(_ body: CheckedBody) throws {
    // Both are told at once; the facade tells the rest once these are right.
    var faults: [FieldFault] = []
    let employer = EmployerID(body.text("employer"))
    if employer == nil { faults.append(FieldFault("employer", "unknown", "请从列表中选择用人单位")) }
    let degree = Degree(rawValue: body.optionalText("degree") ?? Degree.other.rawValue)
    if degree == nil { faults.append(FieldFault("degree", "choice", "学历应为 doctor、master、bachelor 或 other")) }
    guard let employer, let degree else { throw Refusal.invalid(.invalid(faults)) }
    self.init(
      name: body.text("name"), identityNumber: body.text("identityNumber"), phone: body.text("phone"),
      employer: employer, degree: degree, jobTitle: body.optionalText("jobTitle"), account: body.text("account"),
      password: body.text("password"))
  }
}

extension StaffDraft {
  /// A staff account from a checked body.
  init(_ body: CheckedBody) throws {
    try self.init(
      name: body.text("name"), displayName: body.text("displayName"), role: body.text("role"),
      employer: body.optionalText("employer"), unit: body.optionalText("unit"), password: body.text("password"))
  }

  /// A staff account from texts, whether typed into a form or sent as JSON.
  init(
    name: String, displayName: String, role: String, employer: String?, unit: String?, password: String
  ) throws {
    var faults: [FieldFault] = []
    let knownRole = Role(rawValue: role)
    if knownRole == nil { faults.append(FieldFault("role", "role", "请选择工作人员的角色")) }
    let knownEmployer = employer.flatMap { EmployerID($0) }
    if employer != nil, knownEmployer == nil { faults.append(FieldFault("employer", "unknown", "请从列表中选择用人单位")) }
    let knownUnit = unit.flatMap { UnitID($0) }
    if unit != nil, knownUnit == nil { faults.append(FieldFault("unit", "unknown", "请从列表中选择办理单位")) }
    guard let knownRole, faults.isEmpty else { throw Refusal.invalid(.invalid(faults)) }
    self.init(
      name: name, displayName: displayName, role: knownRole, employer: knownEmployer, unit: knownUnit,
      password: password)
  }
}

extension CertificationCorrection {
  /// What a person corrects, from texts of a body.
  init(_ body: CheckedBody) throws {
    let employer = body.optionalText("employer")
    let degree = body.optionalText("degree")
    let knownEmployer = employer.flatMap { EmployerID($0) }
    let knownDegree = degree.flatMap { Degree(rawValue: $0) }
    var faults: [FieldFault] = []
    if employer != nil, knownEmployer == nil { faults.append(FieldFault("employer", "unknown", "请从列表中选择用人单位")) }
    if degree != nil, knownDegree == nil {
      faults.append(FieldFault("degree", "choice", "学历应为 doctor、master、bachelor 或 other"))
    }
    guard faults.isEmpty else { throw Refusal.invalid(.invalid(faults)) }
    self.init(employer: knownEmployer, degree: knownDegree, jobTitle: body.optionalText("jobTitle"))
  }
}
